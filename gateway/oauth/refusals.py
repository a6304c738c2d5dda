"""What the token endpoint says when it refuses, in the caller's language.

The law: `error` and `error_description` are for programs and their developers, the latter in ASCII and so in English
(RFC 6749 §5.2). `detail`, a member of ours beside them, says the same to people: in the language of their
Accept-Language field, or in both. `error_uri` leads to the page that says what to do, where there is one.
"""

from collections.abc import Mapping

from gateway.http.languages import preferred_language
from gateway.pipeline.refusals import APPLICATION_SUSPENDED, NOT_SUBSCRIBED
from gateway.words import Words

FORM = "application/x-www-form-urlencoded"

NOT_POSTED = Words("A token is asked for by POST, with a form.", "Un jeton se demande par POST, avec un formulaire.")
TOO_LONG = Words("The form is longer than 16 KiB.", "Le formulaire dépasse 16 Kio.")
NO_FORM = Words(f"The body is no form ({FORM}).", f"Le corps n’est pas un formulaire ({FORM}).")
IN_ADDRESS = Words(
    "Parameters belong in the body, not in the address.",
    "Les paramètres vont dans le corps, pas dans l’adresse.",
)
TWICE = Words("A parameter was sent more than once.", "Un paramètre a été envoyé plus d’une fois.")
NO_GRANT_TYPE = Words("The parameter grant_type is missing.", "Le paramètre grant_type manque.")
TWO_WAYS = Words(
    "The client used two ways to prove itself.", "Le client a employé deux moyens de prouver son identité."
)
TWO_CLIENTS = Words(
    "The client_id of the body is not the one of the Authorization field.",
    "Le client_id du corps n’est pas celui du champ Authorization.",
)
UNPROVED = Words(
    "The client is unknown, or its secret is wrong, expired or revoked.",
    "Le client est inconnu, ou son secret est erroné, expiré ou révoqué.",
)
NOT_ACTIVE = Words(
    "The application is suspended or closed; its page on the portal says since when and why.",
    "L’application est suspendue ou fermée; sa page sur le portail dit depuis quand et pourquoi.",
)
NOT_GRANTED = Words(
    "No subscription in force of this application allows the scopes that were asked for.",
    "Aucun abonnement en vigueur de cette application ne permet les portées demandées.",
)

_BY_ERROR: Mapping[str, Words] = {
    "invalid_request": Words("The request cannot be read.", "La demande ne peut pas être lue."),
    "invalid_client": UNPROVED,
    "unauthorized_client": NOT_ACTIVE,
    "invalid_scope": NOT_GRANTED,
    "unsupported_grant_type": Words(
        "The only grant type is client_credentials.", "Le seul type d’autorisation est client_credentials."
    ),
    "temporarily_unavailable": Words(
        "No token can be issued at the moment; try again in a while.",
        "Aucun jeton ne peut être émis pour le moment; réessayez dans un instant.",
    ),
    "server_error": Words(
        "Something failed here; try again, and report it if it happens again.",
        "Une erreur est survenue ici; réessayez, et signalez-la si elle se répète.",
    ),
}
"""What is said of an error when nothing more is known."""

_SAID = {
    words.en: words
    for words in (
        NOT_POSTED,
        TOO_LONG,
        NO_FORM,
        IN_ADDRESS,
        TWICE,
        NO_GRANT_TYPE,
        TWO_WAYS,
        TWO_CLIENTS,
        UNPROVED,
        NOT_ACTIVE,
        NOT_GRANTED,
    )
}
_PAGES = {"unauthorized_client": APPLICATION_SUSPENDED.code, "invalid_scope": NOT_SUBSCRIBED.code}


def told(error: Mapping[str, str], accept_language: str | None, documentation: str) -> dict[str, str]:
    """The members of a refusal. `error` has what RFC 6749 §5.2 asks for, its description perhaps in words of ours.

    `documentation` is the address below which each refusal of a call has its page.
    """
    code = error["error"]
    words = _SAID.get(error.get("error_description", "")) or _BY_ERROR.get(code) or _BY_ERROR["invalid_request"]
    language = preferred_language(accept_language)
    page = {"error_uri": f"{documentation}/{_PAGES[code]}"} if code in _PAGES else {}
    detail = words.of(language) if language else f"{words.en} / {words.fr}"
    return {**error, "error_description": words.en, **page, "detail": detail}
