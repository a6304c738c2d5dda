"""What can be wrong with a request to change the domain.

Services raise these; each face turns them into its own answer (a problem document, words beside a form field) and
never invents one. Every kind is a row of one table: code, status, and words in both languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Kind:
    """One way for a request to be wrong. The words may hold `{placeholders}`."""

    code: str
    status: int
    title: Words
    detail: Words


class DomainError(Exception):
    """A request that cannot be carried out, and why, in words for the person who made it.

    `field` names the input at fault, if one is; `members` are further facts for a machine.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        field: str | None = None,
        members: Mapping[str, Any] | None = None,
        findings: Sequence[Any] = (),
        **values: Any,
    ) -> None:
        """Name the kind, the field at fault, and what fills the words."""
        super().__init__(kind.code)
        self.kind = kind
        self.field = field
        self.detail = kind.detail.fill(**values)
        self.members = dict(members or {})
        self.findings = tuple(findings)


NOT_FOUND = Kind(
    "not-found", 404,
    Words("Not found", "Introuvable"),
    Words("There is nothing here by that name, or you may not see it.",
          "Rien ne porte ce nom ici, ou vous n’y avez pas accès."),
)  # fmt: skip
NOT_SIGNED_IN = Kind(
    "not-signed-in", 401,
    Words("Sign in first", "Connectez-vous d’abord"),
    Words("This needs an account or an access token.", "Il faut un compte ou un jeton d’accès."),
)  # fmt: skip
FORBIDDEN = Kind(
    "forbidden", 403,
    Words("Not allowed", "Non autorisé"),
    Words("Your role does not allow this.", "Votre rôle ne permet pas cette action."),
)  # fmt: skip
TOKEN_SCOPE = Kind(
    "token-scope", 403,
    Words("The access token does not allow this", "Le jeton d’accès ne permet pas cette action"),
    Words("The token lacks the scope {scope}.", "La portée {scope} manque au jeton."),
)  # fmt: skip
INVALID = Kind(
    "invalid", 422,
    Words("Something needs correcting", "Une correction est nécessaire"),
    Words("{why_en}", "{why_fr}"),
)  # fmt: skip
REQUIRED = Kind(
    "required", 422,
    Words("Something is missing", "Il manque quelque chose"),
    Words("{name_en} is required.", "Ce champ est obligatoire : {name_fr}."),
)  # fmt: skip
BOTH_LANGUAGES = Kind(
    "both-languages", 422,
    Words("Both languages are needed", "Les deux langues sont nécessaires"),
    Words("Give the title and the description in English and in French before you publish.",
          "Donnez le titre et la description en français et en anglais avant de publier."),
)  # fmt: skip
NAME_TAKEN = Kind(
    "name-taken", 409,
    Words("That name is taken", "Ce nom est déjà pris"),
    Words("“{name}” is already in use. Choose another name.", "« {name} » est déjà utilisé. Choisissez un autre nom."),
)  # fmt: skip
WRONG_STATE = Kind(
    "wrong-state", 409,
    Words("Not possible in this state", "Impossible dans cet état"),
    Words("It is “{state}” now, and that cannot be done from there.",
          "L’état actuel, « {state} », ne permet pas cette action."),
)  # fmt: skip
ALREADY_DONE = Kind(
    "already-done", 409,
    Words("Already done", "Déjà fait"),
    Words("This was done by an earlier request; nothing was done twice.",
          "Une demande précédente l’a déjà fait; rien n’a été fait deux fois."),
)  # fmt: skip
OTHER_PLAN = Kind(
    "other-plan", 409,
    Words("Subscribed under another plan", "Abonnement sous un autre forfait"),
    Words("The application is subscribed already, under the plan “{plan_en}”. Change the plan of that subscription.",
          "L’application est déjà abonnée, sous le forfait « {plan_fr} ». Changez le forfait de cet abonnement."),
)  # fmt: skip
SAME_PLAN = Kind(
    "same-plan", 409,
    Words("Nothing to change", "Rien à changer"),
    Words("The subscription is under the plan “{plan_en}” already.",
          "L’abonnement est déjà sous le forfait « {plan_fr} »."),
)  # fmt: skip
DOCUMENT_REFUSED = Kind(
    "document-refused", 422,
    Words("The document has faults", "Le document comporte des erreurs"),
    Words("Nothing was changed. Correct the findings and send the document again.",
          "Rien n’a été modifié. Corrigez les constats et envoyez le document de nouveau."),
)  # fmt: skip
ADDRESS_REFUSED = Kind(
    "address-refused", 422,
    Words("That address cannot be used", "Cette adresse ne peut pas être utilisée"),
    Words("{why_en}", "{why_fr}"),
)  # fmt: skip
NOT_READY = Kind(
    "not-ready", 409,
    Words("Not ready to publish", "Pas prêt à publier"),
    Words("Still missing: {missing_en}.", "Il manque encore : {missing_fr}."),
)  # fmt: skip
BAD_CREDENTIALS = Kind(
    "bad-credentials", 401,
    Words("Sign-in failed", "La connexion a échoué"),
    Words("The e-mail address or the password is not right.", "L’adresse courriel ou le mot de passe est inexact."),
)  # fmt: skip
NOT_VERIFIED = Kind(
    "not-verified", 403,
    Words("Confirm your e-mail address first", "Confirmez d’abord votre adresse courriel"),
    Words("Open the link in the message we sent you. A new one can be asked for on the sign-in page.",
          "Ouvrez le lien du message que nous vous avons envoyé. La page de connexion permet d’en demander un autre."),
)  # fmt: skip
LINK_SPENT = Kind(
    "link-spent", 410,
    Words("This link no longer works", "Ce lien ne fonctionne plus"),
    Words("{why}", "{why}"),
)  # fmt: skip
TOO_MANY_TRIES = Kind(
    "too-many-tries", 429,
    Words("Too many tries", "Trop de tentatives"),
    Words("Wait {seconds} seconds, then try again.", "Attendez {seconds} secondes, puis réessayez."),
)  # fmt: skip
TOO_MANY = Kind(
    "too-many", 409,
    Words("The limit is reached", "La limite est atteinte"),
    Words("There can be at most {limit} of these at once.", "Il peut y en avoir au plus {limit} à la fois."),
)  # fmt: skip
STALE = Kind(
    "stale", 412,
    Words("It changed in the meantime", "La fiche a changé entre-temps"),
    Words("Read it again, then repeat your change on what it says now.",
          "Relisez-la, puis refaites votre modification sur sa version actuelle."),
)  # fmt: skip


def invalid(field: str, en: str, fr: str) -> DomainError:
    """A value that breaks a rule of its own field."""
    return DomainError(INVALID, field=field, why_en=en, why_fr=fr)


def required(field: str, en: str, fr: str) -> DomainError:
    """A value that must be there."""
    return DomainError(REQUIRED, field=field, name_en=en, name_fr=fr)
