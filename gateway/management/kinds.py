"""What can be wrong with a request before a service sees it: what HTTP refuses, and what a schema finds. Two tables."""

from gateway.domain import errors
from gateway.domain.errors import Kind
from gateway.words import Words

MESSAGES: dict[str, Words] = {
    "required": Words("This is required.", "Ce champ est obligatoire."),
    "null": Words("This cannot be null.", "Ce champ ne peut pas être null."),
    "unknown": Words("There is no such field.", "Ce champ n’existe pas."),
    "object": Words("An object is expected.", "Un objet est attendu."),
    "text": Words("Text is expected.", "Du texte est attendu."),
    "unstorable": Words(
        "The text holds a character that cannot be stored.",
        "Le texte contient un caractère qui ne peut pas être conservé.",
    ),
    "list": Words("A list is expected.", "Une liste est attendue."),
    "whole": Words("A whole number is expected.", "Un nombre entier est attendu."),
    "number": Words("A number is expected.", "Un nombre est attendu."),
    "moment": Words(
        "A date and a time with its zone is expected (RFC 3339), such as 2026-11-22T17:00:00Z.",
        "Une date et une heure avec son fuseau sont attendues (RFC 3339), comme 2026-11-22T17:00:00Z.",
    ),
    "boolean": Words("True or false is expected.", "Vrai ou faux est attendu."),
    "too-long": Words("This is too long.", "Cette valeur est trop longue."),
    "range": Words("This number is out of range.", "Ce nombre est hors limites."),
    "choice": Words("This is none of the values allowed.", "Cette valeur n’est pas parmi celles permises."),
    "too-many": Words("These are too many.", "Il y en a trop."),
}
"""What a schema may find, by the word that fields.py gives it."""

OTHERWISE = Words("This value is not valid.", "Cette valeur n’est pas valide.")
"""For whatever a library finds in words of its own."""

FAULTS = Words("The members of “errors” say where.", "Les membres de « errors » disent où.")

BAD_REQUEST = Kind(
    "bad-request", 400,
    Words("The request cannot be read", "La requête est illisible"),
    Words("The body is not valid JSON, or a field of the request is malformed.",
          "Le corps n’est pas du JSON valide, ou un champ de la requête est mal formé."),
    Words("Send valid JSON, in UTF-8, with the fields that /v1/openapi.json describes.",
          "Envoyez du JSON valide, en UTF-8, avec les champs que décrit /v1/openapi.json."),
)  # fmt: skip
TWO_OF_A_NAME = Kind(
    "duplicate-member", 400,
    Words("A member occurs twice", "Un membre figure deux fois"),
    Words("An object of the body has more than one member “{name}”: which of them is meant cannot be known.",
          "Un objet du corps a plus d’un membre « {name} » : on ne peut pas savoir lequel est voulu."),
    Words("Send each member once (RFC 8259, section 4).",
          "Envoyez chaque membre une seule fois (RFC 8259, section 4)."),
)  # fmt: skip
METHOD = Kind(
    "method-not-allowed", 405,
    Words("This address does not take this method", "Cette adresse n’accepte pas cette méthode"),
    Words("The Allow field lists those it takes.", "Le champ Allow énumère celles qu’elle accepte."),
    Words("Use one of the methods in the Allow field; /v1/openapi.json says what each does.",
          "Utilisez l’une des méthodes du champ Allow; /v1/openapi.json indique ce que fait chacune."),
)  # fmt: skip
TOO_LARGE = Kind(
    "too-large", 413,
    Words("The body is too large", "Le corps est trop volumineux"),
    Words("Documents may have 10 MiB, everything else 64 KiB.",
          "Un document peut compter 10 Mio, tout le reste 64 Kio."),
    Words("Send a shorter body. A document that is too long can be split into several APIs.",
          "Envoyez un corps plus court. Un document trop long peut être réparti entre plusieurs API."),
)  # fmt: skip
MEDIA_TYPE = Kind(
    "media-type", 415,
    Words("This media type is not taken here", "Ce type de média n’est pas accepté ici"),
    Words("Send application/json, or for a document application/yaml, application/json or application/octet-stream.",
          "Envoyez application/json ou, pour un document, application/yaml, application/json ou"
          " application/octet-stream."),
    Words("Name the media type of the body in the Content-Type field.",
          "Indiquez le type de média du corps dans le champ Content-Type."),
)  # fmt: skip
IF_MATCH_NEEDED = Kind(
    "if-match-needed", 428,
    Words("Say which version you are changing", "Dites quelle version vous modifiez"),
    Words("Send the ETag that you read in the If-Match field.",
          "Envoyez dans le champ If-Match l’ETag que vous avez lu."),
    Words("Read the thing first; its answer carries the ETag. “*” stands for whichever version it is.",
          "Lisez d’abord la fiche; la réponse porte l’ETag. « * » désigne la version actuelle, quelle qu’elle soit."),
)  # fmt: skip
INTERNAL = Kind(
    "internal-error", 500,
    Words("Something went wrong on our side", "Une erreur est survenue de notre côté"),
    Words("Nothing was changed. The request id leads us to the cause.",
          "Rien n’a été modifié. L’identifiant de la requête nous mène à la cause."),
    Words("Try again; if it happens again, report the request id.",
          "Réessayez; si l’erreur se répète, signalez l’identifiant de la requête."),
)  # fmt: skip

AWAY = Kind(
    "unavailable", 503,
    Words("Not available right now", "Momentanément indisponible"),
    Words("A part of the store does not answer. Try again in a few seconds.",
          "Une partie du guichet ne répond pas. Réessayez dans quelques secondes."),
    Words("Try again in a few seconds.", "Réessayez dans quelques secondes."),
)  # fmt: skip

TABLE: tuple[Kind, ...] = (*(value for value in list(globals().values()) if isinstance(value, Kind)), *errors.TABLE)
"""Every kind that the management API may tell: what HTTP refuses, then what the services refuse."""

BY_STATUS: dict[int, Kind] = {
    kind.status: kind
    for kind in (BAD_REQUEST, errors.NOT_SIGNED_IN, errors.FORBIDDEN, errors.NOT_FOUND, METHOD, errors.STALE,
                 TOO_LARGE, MEDIA_TYPE, errors.INVALID, IF_MATCH_NEEDED, INTERNAL, AWAY)
}  # fmt: skip
"""What an HTTP status means when nothing more is known."""


def kind_of(status: int) -> Kind:
    """The kind that tells an HTTP status best."""
    return BY_STATUS.get(status, INTERNAL if status >= 500 else BAD_REQUEST)
