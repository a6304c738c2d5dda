"""Lets pages of other origins call an API from a browser (Fetch standard, “CORS protocol”).

The law: a preflight is answered before anybody asks who calls, whatever methods the document declares, and is never
counted against a plan. Every other answer, our own refusals too, tells an allowed origin that its page may read it;
what the service said about origins is replaced.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.plugin import RATE_LIMIT_NAMES, Call, Headers, Plugin, Reply, Words, is_token

_NO_ORIGIN = Words(
    "“{text}” is no origin such as https://example.ca: a scheme, a host, and a port where it is not the usual one.",
    "« {text} » n’est pas une origine comme https://exemple.ca : un schéma, un hôte, et un port s’il n’est pas usuel.",
)
_ANY_AND_CREDENTIALS = Words(
    "Credentials may be allowed to named origins only, not to “*”.",
    "Les justificatifs ne peuvent être permis qu’à des origines nommées, et non à « * ».",
)
_ANY_IS_ALL = Words(
    "“*” means every origin: leave the others out.", "« * » désigne toutes les origines : retirez les autres."
)
_NO_TOKEN = Words("“{text}” is no name.", "« {text} » n’est pas un nom.")

# RFC 6454 §6.2, in lower case as browsers write it; a browser leaves the port of the scheme out, so no call names it.
_ORIGIN = re.compile(r"(?!https://[^/]*:443$)(?!http://[^/]*:80$)"
                     r"[a-z][a-z0-9+.-]*://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")  # fmt: skip

_ALWAYS_EXPOSED = ("X-Request-Id", "Retry-After", *sorted(RATE_LIMIT_NAMES))
_TOLD_BY_SERVICES = frozenset(
    f"access-control-{name}"
    for name in ("allow-origin", "allow-credentials", "allow-methods", "allow-headers", "expose-headers", "max-age",
                 "allow-private-network")
)  # fmt: skip


class OriginField(fields.String):
    """An origin, or `*`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip().lower()
        if text != "*" and not _ORIGIN.fullmatch(text):
            raise ValidationError([_NO_ORIGIN.fill(text=text)])
        return text


def _is_name(text: str) -> None:
    if not is_token(text):
        raise ValidationError([_NO_TOKEN.fill(text=text)])


def _names(default: tuple[str, ...], label: Words, hint: Words | None = None) -> Any:
    words = {"label": label, "hint": hint} if hint else {"label": label}
    return fields.List(fields.String(validate=_is_name), load_default=default, metadata=words)


class Cors(Plugin):
    """Answers preflights, and tells browsers which pages may read answers."""

    name = "cors"
    purpose = Words(
        "Lets pages of other sites call the API from a browser (CORS).",
        "Permet aux pages d’autres sites d’appeler l’API depuis un navigateur (CORS).",
    )

    class Config(Schema):
        """Which origins, with what they may send and read; `allowed` is what a preflight is told."""

        origins = fields.List(
            OriginField(),
            required=True,
            validate=validate.Length(min=1),
            metadata={
                "label": Words("Origins whose pages may call", "Origines dont les pages peuvent appeler"),
                "hint": Words("Such as https://example.ca; * alone means every origin.",
                              "Par exemple https://exemple.ca; * seul désigne toutes les origines."),
            },
        )  # fmt: skip
        methods = _names(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"), Words("Methods", "Méthodes"))
        headers = _names(
            ("Authorization", "X-API-Key", "Content-Type", "Accept-Language"),
            Words("Header fields that a page may send", "Champs d’en-tête qu’une page peut envoyer"),
        )
        exposed = _names(
            (),
            Words("Header fields that a page may read", "Champs d’en-tête qu’une page peut lire"),
            Words("Those of the gateway (limits, request id) may be read in any case.",
                  "Ceux de la passerelle (limites, identifiant de la requête) peuvent toujours l’être."),
        )  # fmt: skip
        max_age = fields.Integer(
            load_default=600,
            strict=True,
            validate=validate.Range(0, 86_400),
            metadata={
                "label": Words("How long a browser may remember the answer to a preflight, in seconds",
                               "Durée pendant laquelle un navigateur peut retenir la réponse préalable, en secondes"),
            },
        )  # fmt: skip
        credentials = fields.Boolean(
            load_default=False,
            metadata={
                "label": Words("Pages may send what the browser itself holds, such as a certificate",
                               "Les pages peuvent envoyer ce que le navigateur détient, comme un certificat"),
            },
        )  # fmt: skip

        @validates_schema
        def judge_any(self, data: dict[str, Any], **_options: Any) -> None:
            """`*` stands alone, and without credentials (Fetch, “CORS protocol and credentials”)."""
            origins = data.get("origins", [])
            if "*" in origins and len(origins) > 1:
                raise ValidationError([_ANY_IS_ALL], "origins")
            if "*" in origins and data.get("credentials"):
                raise ValidationError([_ANY_AND_CREDENTIALS], "credentials")

        @post_load
        def prepare(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
            """What is the same for every call is written once."""
            granted = (("Access-Control-Allow-Credentials", "true"),) if data["credentials"] else ()
            allowed = (
                *granted,
                ("Access-Control-Allow-Methods", ", ".join(data["methods"])),
                ("Access-Control-Allow-Headers", ", ".join(data["headers"])),
                ("Access-Control-Max-Age", str(data["max_age"])),
            )
            exposed = ", ".join((*_ALWAYS_EXPOSED, *data["exposed"]))
            told = (*granted, ("Access-Control-Expose-Headers", exposed))
            return {"origins": frozenset(data["origins"]), "allowed": allowed, "told": told}

    def on_arrival(self, call: Call, config: Mapping[str, Any]) -> Call | Reply:
        """Answer a preflight; to an origin that is not allowed the answer allows nothing."""
        return Reply(204, Headers(_granted(call, config, config["allowed"]))) if _is_preflight(call) else call

    def on_departure(self, call: Call, reply: Reply, config: Mapping[str, Any]) -> Reply:
        """Tell the browser whether the page may read the answer."""
        if _is_preflight(call):
            return reply
        told = _granted(call, config, config["told"])
        return replace(reply, headers=reply.headers.without(_TOLD_BY_SERVICES).plus(*told))


def _is_preflight(call: Call) -> bool:
    # Fetch, “CORS-preflight request”.
    return call.method == "OPTIONS" and "origin" in call.headers and "access-control-request-method" in call.headers


def _granted(call: Call, config: Mapping[str, Any], fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if "*" in config["origins"]:
        return (("Access-Control-Allow-Origin", "*"), *fields)
    origin = call.headers.get("origin")
    # Said to everybody, so that no cache gives one origin's answer to another (Fetch, “CORS protocol and HTTP caches”).
    vary = ("Vary", "Origin")
    if origin is None or origin not in config["origins"]:
        return (vary,)
    return (("Access-Control-Allow-Origin", origin), *fields, vary)
