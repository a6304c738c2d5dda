"""The document of an API as the catalogue offers it to a reader's tools: our address, our ways to prove who calls.

What a department wrote about its own servers and their entrance is for nobody but the department: a client made from it
would go around the gateway, and the names of internal machines would be public.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

import openapi
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.scopes import reads, scope_for, scopes_of
from gateway.services import catalogue, documents

_SERVERS_REPLACED = openapi.Words(
    "In the catalogue’s copy, the servers and the ways to prove who calls are those of the gateway; yours are not"
    " shown.",
    "Dans l’exemplaire du catalogue, les serveurs et les moyens de prouver qui appelle sont ceux de la passerelle; les"
    " vôtres n’y figurent pas.",
)
_READS, _WRITES = (
    "To read (GET, HEAD, OPTIONS) · Pour lire (GET, HEAD, OPTIONS)",
    "To write (every other method) · Pour écrire (toute autre méthode)",
)
_FORMS: dict[str, openapi.Format] = {"json": "json", "yaml": "yaml"}
_TOKEN, _KEY = "accessToken", "apiKey"


@dataclass(frozen=True, slots=True)
class Offered:
    """A document's text in one form, and the mark of that text (RFC 9110 §8.8.3)."""

    content: bytes
    format: openapi.Format
    etag: str


@dataclass(frozen=True, slots=True)
class _Ways:
    """How callers prove who they are beside a token; `open_to_read`: who only reads need not."""

    by_key: bool
    open_to_read: bool

    def of(self, api_name: str, method: str) -> list[dict[str, list[str]]]:
        """The alternatives for a method; an empty one asks for nothing (OpenAPI 3.1 §4.8.30)."""
        found: list[dict[str, list[str]]] = [{_TOKEN: [scope_for(api_name, method)]}]
        found += [{_KEY: []}] if self.by_key else []
        return found + ([{}] if self.open_to_read and reads(method) else [])


_offered: documents.Kept[Offered] = documents.Kept(16)


def offered(session: Session, api_name: str, major: int, *, public_url: str, form: str | None = None) -> Offered:
    """The document in force of a served version, as `json` or `yaml`; in the form in which it arrived if none is named.

    Raises:
        DomainError: NOT_FOUND, for a version that is not served or another form.
    """
    revision = catalogue.revision_in_force(session, api_name, major)
    written = _FORMS.get(form or revision.format)
    if written is None:
        raise DomainError(NOT_FOUND)
    published = catalogue.published(session, api_name)
    ways = _Ways(any(plan.allows_api_key for plan in published.plans), published.keyless is not None)
    facts = f"{revision.sha256} {written} {public_url} {api_name} {major} {ways}"
    return _offered.get(
        documents.sha256_of(facts.encode()),
        revision.size,
        lambda: _made(documents.document(revision), api_name, major, public_url, written, ways),
    )


def told_to_publishers(document: openapi.Document | None) -> tuple[openapi.Finding, ...]:
    """What the author of a document should know about the copy that is offered: what of it is replaced."""
    pointer = openapi.hosted_at(document) if document else ""
    if not (document and pointer):
        return ()
    place = document.position_of(pointer)
    severity = openapi.Severity.INFORMATION
    return (openapi.Finding("servers-replaced", severity, pointer, *place, _SERVERS_REPLACED),)


def _made(
    document: openapi.Document, api_name: str, major: int, public_url: str, form: openapi.Format, ways: "_Ways"
) -> Offered:
    tree = openapi.rehosted(
        document,
        url=f"{public_url}/api/{api_name}/v{major}",
        schemes=_schemes(api_name, public_url, takes_keys=ways.by_key),
        security=lambda method: ways.of(api_name, method),
    )
    content = openapi.write(tree, form)
    return Offered(content, form, hashlib.sha256(content).hexdigest()[:32])


def _schemes(api_name: str, public_url: str, *, takes_keys: bool) -> dict[str, Any]:
    """OpenAPI 3.1 §4.8.27: an access token (RFC 6749 §4.4), and an API key where a plan takes one."""
    scopes = dict(zip(scopes_of(api_name), (_READS, _WRITES), strict=True))
    client_credentials = {"tokenUrl": f"{public_url}/oauth/token", "scopes": scopes}
    token = {"type": "oauth2", "flows": {"clientCredentials": client_credentials}}
    key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    return {_TOKEN: token, **({_KEY: key} if takes_keys else {})}
