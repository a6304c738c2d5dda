"""Messages to people: written to the outbox in the transaction of what they tell, and sent afterwards (delivery.py)."""

from sqlalchemy.orm import Session

from gateway.services.actor import Actor
from gateway.store.accounts import Account
from gateway.store.mail import Mail
from gateway.words import Language, Words

CONFIRM_SUBJECT = Words("Confirm your e-mail address", "Confirmez votre adresse courriel")
CONFIRM = Words(
    """Hello {name},

Open this link to confirm your address and finish opening your account. It works for a day, once.

{link}

If you did not ask for an account, you can ignore this message.
""",
    """Bonjour {name},

Ouvrez ce lien pour confirmer votre adresse et terminer l’ouverture de votre compte. Il fonctionne une seule fois, pendant une journée.

{link}

Si vous n’avez pas demandé de compte, vous pouvez ignorer ce message.
""",  # noqa: E501 - a paragraph of a message is one line
)
EXISTS_SUBJECT = Words("You already have an account", "Vous avez déjà un compte")
EXISTS = Words(
    """Hello {name},

Someone, perhaps you, asked to open an account with this address. There is one already, so nothing was changed.

If you have forgotten your password, choose a new one from the sign-in page.
""",
    """Bonjour {name},

Quelqu’un, peut-être vous, a demandé l’ouverture d’un compte avec cette adresse. Il en existe déjà un; rien n’a donc été modifié.

Si vous avez oublié votre mot de passe, choisissez-en un nouveau à partir de la page de connexion.
""",  # noqa: E501 - a paragraph of a message is one line
)
RESET_SUBJECT = Words("Choose a new password", "Choisissez un nouveau mot de passe")
RESET = Words(
    """Hello {name},

Open this link to choose a new password. It works for an hour, once.

{link}

If you did not ask for it, you can ignore this message; your password stays as it is.
""",
    """Bonjour {name},

Ouvrez ce lien pour choisir un nouveau mot de passe. Il fonctionne une seule fois, pendant une heure.

{link}

Si vous ne l’avez pas demandé, vous pouvez ignorer ce message; votre mot de passe reste le même.
""",
)


def write(session: Session, actor: Actor, account: Account, subject: Words, body: Words, **values: str) -> None:
    """Put a message to a person into the outbox, in their language."""
    language: Language = "fr" if account.language == "fr" else "en"
    session.add(
        Mail(
            recipient=account.email,
            language=language,
            subject=subject.of(language),
            body=body.of(language).format(name=account.name, **values),
            created_at=actor.now,
            due_at=actor.now,
        )
    )
