"""Messages to people: written to the outbox in the transaction of what they tell, and sent afterwards (delivery.py).

The law: nothing that a stranger typed is sent to somebody else. A person is called by name once their address is
confirmed; before, the name may be anybody's advertisement.
"""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.services.actor import Actor
from gateway.store.accounts import Account
from gateway.store.mail import Mail
from gateway.words import Language, Words

MOST_AN_HOUR = 5
"""How many messages about one thing a stranger can have sent to one address in an hour."""

LONGEST_SUBJECT = 300

GREETING = Words("Hello {name},", "Bonjour {name},")
UNNAMED = Words("Hello,", "Bonjour,")
CONFIRM_SUBJECT = Words("Confirm your e-mail address", "Confirmez votre adresse courriel")
CONFIRM = Words(
    """{greeting}

Open this link to confirm your address and finish opening your account. It works for a day, once.

{link}

If you did not ask for an account, you can ignore this message.
""",
    """{greeting}

Ouvrez ce lien pour confirmer votre adresse et terminer l’ouverture de votre compte. Il fonctionne une seule fois, pendant une journée.

{link}

Si vous n’avez pas demandé de compte, vous pouvez ignorer ce message.
""",  # noqa: E501 - a paragraph of a message is one line
)
EXISTS_SUBJECT = Words("You already have an account", "Vous avez déjà un compte")
EXISTS = Words(
    """{greeting}

Someone, perhaps you, asked to open an account with this address. There is one already, so nothing was changed.

If you have forgotten your password, choose a new one from the sign-in page.
""",
    """{greeting}

Quelqu’un, peut-être vous, a demandé l’ouverture d’un compte avec cette adresse. Il en existe déjà un; rien n’a donc été modifié.

Si vous avez oublié votre mot de passe, choisissez-en un nouveau à partir de la page de connexion.
""",  # noqa: E501 - a paragraph of a message is one line
)
RESET_SUBJECT = Words("Choose a new password", "Choisissez un nouveau mot de passe")
RESET = Words(
    """{greeting}

Open this link to choose a new password. It works for an hour, once.

{link}

If you did not ask for it, you can ignore this message; your password stays as it is.
""",
    """{greeting}

Ouvrez ce lien pour choisir un nouveau mot de passe. Il fonctionne une seule fois, pendant une heure.

{link}

Si vous ne l’avez pas demandé, vous pouvez ignorer ce message; votre mot de passe reste le même.
""",
)

CHANGED_SUBJECT = Words("Your password was changed", "Votre mot de passe a été modifié")
CHANGED = Words(
    """{greeting}

The password of your account was changed, and every browser was signed out. Your access tokens still work: on the page of your account, revoke those that you do not know.

If it was not you, choose a new password from the sign-in page now.
""",  # noqa: E501 - a paragraph of a message is one line
    """{greeting}

Le mot de passe de votre compte a été modifié, et tous les navigateurs ont été déconnectés. Vos jetons d’accès fonctionnent toujours : sur la page de votre compte, révoquez ceux que vous ne reconnaissez pas.

Si ce n’est pas vous qui l’avez fait, choisissez dès maintenant un nouveau mot de passe à partir de la page de connexion.
""",  # noqa: E501 - a paragraph of a message is one line
)


def write(session: Session, actor: Actor, account: Account, subject: Words, body: Words, /, **values: str) -> None:
    """Put a message to a person into the outbox, in their language; `values` fill the subject and the body."""
    language = language_of(account)
    greeting = (GREETING if account.verified_at else UNNAMED).of(language).format(name=account.name)
    session.add(
        Mail(
            recipient=account.email,
            language=language,
            subject=subject.of(language).format(**values)[:LONGEST_SUBJECT],
            body=body.of(language).format(greeting=greeting, **values),
            created_at=actor.now,
            due_at=actor.now,
        )
    )


def language_of(account: Account) -> Language:
    """The language that a person is written to in."""
    return "fr" if account.language == "fr" else "en"


def may_write(session: Session, actor: Actor, account: Account, subject: Words) -> bool:
    """Whether a message that anybody can ask for may go to this person: nobody's mailbox is filled through us.

    Each subject is counted by itself, so that no stranger can keep a person from what they ask for: when the hour's
    messages to choose a new password are sent, the last of them still works, whoever asked for it.
    """
    # By the time they are or were due, which has an index; one that waits for another attempt counts as well.
    same = (Mail.recipient == account.email, Mail.subject.in_((subject.en, subject.fr)))
    recent = (Mail.due_at > actor.now - timedelta(hours=1), *same)
    return (session.scalar(select(func.count()).select_from(Mail).where(*recent)) or 0) < MOST_AN_HOUR
