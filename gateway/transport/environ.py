"""From a WSGI environ (PEP 3333) to a `Call`, as close to the bytes that arrived as the server in front lets us come.

WSGI decodes the path, so the raw target is taken from where servers leave it: `RAW_URI` (gunicorn, werkzeug) or
`REQUEST_URI` (werkzeug, uWSGI, mod_wsgi). Fields that came twice arrive joined by a comma; two Hosts are thus no host.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gateway.http.clients import client_address
from gateway.http.grammar import is_field_value, is_host, is_target, is_token, read_length
from gateway.http.headers import Headers
from gateway.http.languages import preferred_language
from gateway.http.messages import Body, Call
from gateway.pipeline.refusals import MALFORMED, Refusal

_PIECE = 16 * 1024


class ClientLeft(Exception):  # noqa: N818 - what the client did
    """The client went away, or stopped sending, in the middle of its body."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the transport knows beside the environ. `proxies` is how many trusted proxies stand in front of us."""

    received_at: float
    request_id: str
    proxies: int = 0


def raw_target(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The raw target (a path, and a query after "?"), and the authority of an absolute-form target, else ""."""
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt(environ))
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in {"http", "https"}:  # RFC 9112 §3.2.2
        authority, slash, path = rest.partition("/")
        return slash + path or "/", authority
    return target, ""


def read_call(environ: Mapping[str, Any], arrival: Arrival) -> Call:
    """The call; raises a `Refusal` with the row MALFORMED."""
    headers = _headers(environ)
    target, authority = raw_target(environ)
    path, mark, query = target.partition("?")
    address, scheme = _client(environ, headers, arrival.proxies)
    call = Call(
        method=str(environ["REQUEST_METHOD"]),
        path=path,
        query=query if mark else None,
        headers=headers,
        received_at=arrival.received_at,
        request_id=arrival.request_id,
        client_address=address,
        scheme=scheme,
        host=authority or headers.get("host") or "",  # RFC 9112 §3.2.2: absolute-form wins over Host
        language=preferred_language(headers.get("accept-language")),
        body=_body(environ, headers),
    )
    _refuse_malformed(call, environ)
    return call


def malformed(en: str, fr: str) -> Refusal:
    """A request that breaks the rules of HTTP, and which."""
    return Refusal(MALFORMED, why_en=en, why_fr=fr)


def _headers(environ: Mapping[str, Any]) -> Headers:
    named = (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length"))
    entity = [(name, str(environ[key])) for key, name in named if environ.get(key)]
    others = [
        (key[5:].replace("_", "-").title(), str(value).strip(" \t"))
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    ]
    return Headers.of(entity + others)


def _refuse_malformed(call: Call, environ: Mapping[str, Any]) -> None:
    if not is_token(call.method) or not is_target(call.path + (call.query or "")):
        raise malformed(
            "The address holds characters that must be percent-encoded.",
            "L’adresse contient des caractères qui doivent être encodés en pourcentage.",
        )
    needs_host = environ.get("SERVER_PROTOCOL") != "HTTP/1.0"  # RFC 9112 §3.2
    if not is_host(call.host) and (needs_host or call.host):
        raise malformed(
            "There must be one Host field that names a host.", "Il faut un seul champ Host, qui nomme un hôte."
        )
    for name, value in call.headers:
        if not (is_token(name) and is_field_value(value)):
            raise malformed(f"The field {name!a} is not valid.", f"Le champ {name!a} n’est pas valide.")


def _body(environ: Mapping[str, Any], headers: Headers) -> Body | None:
    length, codings = headers.get("content-length"), headers.tokens("transfer-encoding")
    if codings:
        # RFC 9112 §6.1, §6.3: both lengths, or a coding that does not end in chunked, is how requests are smuggled.
        if length is not None or codings != ("chunked",) or not environ.get("wsgi.input_terminated"):
            raise malformed("The length of the body is ambiguous.", "La longueur du corps est ambiguë.")
        return Body(_read(environ["wsgi.input"], None))
    if length is None:
        return None
    size = read_length(length)
    if size is None:
        raise malformed("Content-Length is not a number.", "Content-Length n’est pas un nombre.")
    return Body(_read(environ["wsgi.input"], size), size)


def _read(source: Any, size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left:
        try:
            piece = source.read(_PIECE if left is None else min(left, _PIECE))
        except Exception as error:  # each server has its own exceptions for a body that breaks off
            raise ClientLeft from error
        if not piece:
            break
        left = None if left is None else left - len(piece)
        yield piece
    if left:
        raise ClientLeft


def _client(environ: Mapping[str, Any], headers: Headers, proxies: int) -> tuple[str, str]:
    peer, scheme = str(environ.get("REMOTE_ADDR") or ""), str(environ["wsgi.url_scheme"])
    if proxies:
        said = headers.tokens("x-forwarded-proto")[-1:]
        scheme = said[0] if said and said[0] in {"http", "https"} else scheme
    return client_address(peer, headers.get("x-forwarded-for") or "", proxies), scheme


def _rebuilt(environ: Mapping[str, Any]) -> str:
    # A server that keeps no raw target: the best that PEP 3333 offers.
    path = quote(str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", "")), encoding="latin-1")
    return f"{path}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else path
