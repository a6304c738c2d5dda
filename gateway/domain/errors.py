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
    """One way for a request to be wrong. The detail may hold `{placeholders}`.

    `remedy` is what the portal's page about it tells the reader to do.
    """

    code: str
    status: int
    title: Words
    detail: Words
    remedy: Words


class DomainError(Exception):
    """A request that cannot be carried out, and why, in words for the person who made it.

    `field` names the input at fault, if one is; `faults` say what is wrong with each of several, by the path to it;
    `members` are further facts for a machine.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        field: str | None = None,
        members: Mapping[str, Any] | None = None,
        findings: Sequence[Any] = (),
        faults: Mapping[tuple[str, ...], Words] | None = None,
        **values: Any,
    ) -> None:
        """Name the kind, the fields at fault, and what fills the words."""
        super().__init__(kind.code)
        self.kind = kind
        self.field = field
        self.detail = kind.detail.fill(**values)
        self.members = dict(members or {})
        self.findings = tuple(findings)
        self.faults = dict(faults or {})


NOT_FOUND = Kind(
    "not-found", 404,
    Words("Not found", "Introuvable"),
    Words("There is nothing here by that name, or you may not see it.",
          "Rien ne porte ce nom ici, ou vous n’y avez pas accès."),
    Words("Check the address and the id; what belongs to others is not shown to you.",
          "Vérifiez l’adresse et l’identifiant; ce qui appartient à d’autres ne vous est pas montré."),
)  # fmt: skip
CALL_UNKNOWN = Kind(
    "call-unknown", 404,
    Words("No call with this request id", "Aucun appel ne porte cet identifiant"),
    Words("It is not kept, or it is not yours to see. The last {kept} calls of each application are kept, for"
          " {days} days; calls that no application could be found for are not."
          " A call of just now is here within seconds.",
          "Il n’est pas conservé, ou vous n’y avez pas accès. Les {kept} derniers appels de chaque application sont"
          " conservés pendant {days} jours; ceux qui n’ont pu être attribués à aucune application ne le sont pas."
          " Un appel qui vient d’être fait figure ici en quelques secondes."),
    Words("Check the request id: it is the X-Request-Id field of the answer, and “instance” in a problem document,"
          " whose “code” says by itself why the call was refused.",
          "Vérifiez l’identifiant : c’est le champ X-Request-Id de la réponse, et « instance » dans un document de"
          " problème, dont « code » dit à lui seul pourquoi l’appel a été refusé."),
)  # fmt: skip
NOT_SIGNED_IN = Kind(
    "not-signed-in", 401,
    Words("Sign in first", "Connectez-vous d’abord"),
    Words("This needs an account or an access token.", "Il faut un compte ou un jeton d’accès."),
    Words("Send an access token in the Authorization field. Your account’s page makes one; one that ended or was"
          " revoked no longer works.",
          "Envoyez un jeton d’accès dans le champ Authorization. La page de votre compte permet d’en créer un; un"
          " jeton échu ou révoqué ne fonctionne plus."),
)  # fmt: skip
FORBIDDEN = Kind(
    "forbidden", 403,
    Words("Not allowed", "Non autorisé"),
    Words("Your role does not allow this.", "Votre rôle ne permet pas cette action."),
    Words("Ask somebody whose role allows it, or ask for that role.",
          "Demandez à une personne dont le rôle le permet, ou demandez ce rôle."),
)  # fmt: skip
TOKEN_SCOPE = Kind(
    "token-scope", 403,
    Words("The access token does not allow this", "Le jeton d’accès ne permet pas cette action"),
    Words("The token lacks the scope {scope}.", "La portée {scope} manque au jeton."),
    Words("Make a token that may do this; your account’s page lists what each one may do.",
          "Créez un jeton qui le permet; la page de votre compte énumère ce que chacun peut faire."),
)  # fmt: skip
INVALID = Kind(
    "invalid", 422,
    Words("Something needs correcting", "Une correction est nécessaire"),
    Words("{why_en}", "{why_fr}"),
    Words("Correct what the members of “errors” point at, then send the request again.",
          "Corrigez ce que désignent les membres de « errors », puis refaites la demande."),
)  # fmt: skip
REQUIRED = Kind(
    "required", 422,
    Words("Something is missing", "Il manque quelque chose"),
    Words("{name_en} is required.", "Ce champ est obligatoire : {name_fr}."),
    Words("Give what is missing, then send the request again.", "Donnez ce qui manque, puis refaites la demande."),
)  # fmt: skip
BOTH_LANGUAGES = Kind(
    "both-languages", 422,
    Words("Both languages are needed", "Les deux langues sont nécessaires"),
    Words("Give the title and the description in English and in French before you publish.",
          "Donnez le titre et la description en français et en anglais avant de publier."),
    Words("Write what the member “missing” lists.", "Rédigez ce qu’énumère le membre « missing »."),
)  # fmt: skip
NAME_TAKEN = Kind(
    "name-taken", 409,
    Words("That name is taken", "Ce nom est déjà pris"),
    Words("“{name}” is already in use. Choose another name.", "« {name} » est déjà utilisé. Choisissez un autre nom."),
    Words("Choose another name. What you wanted to make may be there already: look for it first.",
          "Choisissez un autre nom. Ce que vous vouliez créer existe peut-être déjà : cherchez-le d’abord."),
)  # fmt: skip
WRONG_STATE = Kind(
    "wrong-state", 409,
    Words("Not possible in this state", "Impossible dans cet état"),
    Words("It is “{state}” now, and that cannot be done from there.",
          "L’état actuel, « {state} », ne permet pas cette action."),
    Words("Read the thing again: its state says what can be done next.",
          "Relisez la fiche : son état indique ce qui peut être fait ensuite."),
)  # fmt: skip
ALREADY_DONE = Kind(
    "already-done", 409,
    Words("Already done", "Déjà fait"),
    Words("This was done by an earlier request; nothing was done twice.",
          "Une demande précédente l’a déjà fait; rien n’a été fait deux fois."),
    Words("Nothing: what you asked for is so. Read it to see it.",
          "Rien : ce que vous demandiez est fait. Relisez la fiche pour le constater."),
)  # fmt: skip
OTHER_PLAN = Kind(
    "other-plan", 409,
    Words("Subscribed under another plan", "Abonnement sous un autre forfait"),
    Words("The application is subscribed already, under the plan “{plan_en}”. Change the plan of that subscription.",
          "L’application est déjà abonnée, sous le forfait « {plan_fr} ». Changez le forfait de cet abonnement."),
    Words("Change the plan of that subscription, on the application’s page or through the management API.",
          "Changez le forfait de cet abonnement, sur la page de l’application ou par l’API de gestion."),
)  # fmt: skip
SAME_PLAN = Kind(
    "same-plan", 409,
    Words("Nothing to change", "Rien à changer"),
    Words("The subscription is under the plan “{plan_en}” already.",
          "L’abonnement est déjà sous le forfait « {plan_fr} »."),
    Words("Nothing: the plan in force is the one you asked for.",
          "Rien : le forfait en vigueur est celui que vous demandiez."),
)  # fmt: skip
DOCUMENT_REFUSED = Kind(
    "document-refused", 422,
    Words("The document has faults", "Le document comporte des erreurs"),
    Words("Nothing was changed. Correct the findings and send the document again.",
          "Rien n’a été modifié. Corrigez les erreurs relevées et envoyez le document de nouveau."),
    Words("Correct the document where the members of “findings” say. /v1/documents/check checks it without keeping it.",
          "Corrigez le document aux endroits qu’indiquent les membres de « findings ». /v1/documents/check le vérifie"
          " sans le conserver."),
)  # fmt: skip
ADDRESS_REFUSED = Kind(
    "address-refused", 422,
    Words("That address cannot be used", "Cette adresse ne peut pas être utilisée"),
    Words("{why_en}", "{why_fr}"),
    Words("Give an address of your service that everyone can reach, or ask the operator to open its network.",
          "Donnez une adresse de votre service que tous peuvent joindre, ou demandez à l’exploitant d’ouvrir son"
          " réseau."),
)  # fmt: skip
NOT_READY = Kind(
    "not-ready", 409,
    Words("Not ready to publish", "Pas prêt à publier"),
    Words("Still missing: {missing_en}.", "Il manque encore : {missing_fr}."),
    Words("Bring what is missing, then publish again; the API’s page lists it.",
          "Apportez ce qui manque, puis publiez de nouveau; la page de l’API en donne la liste."),
)  # fmt: skip
BAD_CREDENTIALS = Kind(
    "bad-credentials", 401,
    Words("Sign-in failed", "La connexion a échoué"),
    Words("The e-mail address or the password is not right, or the address is not confirmed yet.",
          "L’adresse courriel ou le mot de passe est inexact, ou l’adresse n’est pas encore confirmée."),
    Words("Check the address and the password. A new address is confirmed by the link in the message sent to it. "
          "From the sign-in page, you can have that message sent again, or choose a new password.",
          "Vérifiez l’adresse et le mot de passe. Une nouvelle adresse se confirme par le lien du message qui y fut "
          "envoyé. À partir de la page de connexion, vous pouvez demander de nouveau ce message ou choisir un nouveau "
          "mot de passe."),
)  # fmt: skip
LINK_SPENT = Kind(
    "link-spent", 410,
    Words("This link no longer works", "Ce lien ne fonctionne plus"),
    Words("{why}", "{why}"),
    Words("Ask for a new message; its link works once, for a limited time.",
          "Demandez un nouveau message; son lien fonctionne une seule fois, pendant un temps limité."),
)  # fmt: skip
TOO_MANY_TRIES = Kind(
    "too-many-tries", 429,
    Words("Too many tries", "Trop de tentatives"),
    Words("Wait {seconds} seconds, then try again.", "Attendez {seconds} secondes, puis réessayez."),
    Words("Wait as long as the Retry-After field says.", "Attendez le temps indiqué par le champ Retry-After."),
)  # fmt: skip
TOO_MANY = Kind(
    "too-many", 409,
    Words("The limit is reached", "La limite est atteinte"),
    Words("There can be at most {limit} of these at once.", "Il peut y en avoir au plus {limit} à la fois."),
    Words("End one that you no longer use, then try again.",
          "Mettez fin à l’un de ceux qui ne servent plus, puis réessayez."),
)  # fmt: skip
STALE = Kind(
    "stale", 412,
    Words("It changed in the meantime", "La fiche a changé entre-temps"),
    Words("Read it again, then repeat your change on what it says now.",
          "Relisez-la, puis refaites votre modification sur sa version actuelle."),
    Words("Read the thing again, then send your change with its new ETag in the If-Match field.",
          "Relisez la fiche, puis envoyez votre modification avec son nouvel ETag dans le champ If-Match."),
)  # fmt: skip

TABLE: tuple[Kind, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
"""All the kinds, in the order of this file."""


def invalid(field: str, en: str, fr: str) -> DomainError:
    """A value that breaks a rule of its own field."""
    return DomainError(INVALID, field=field, why_en=en, why_fr=fr)


def required(field: str, en: str, fr: str) -> DomainError:
    """A value that must be there."""
    return DomainError(REQUIRED, field=field, name_en=en, name_fr=fr)
