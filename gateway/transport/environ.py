"""From a WSGI environ (PEP 3333) to a `Call`, as close to the bytes that arrived as the server in front lets us come.

WSGI decodes the path, so the raw target is taken from where servers leave it: `RAW_URI` (gunicorn, werkzeug) or
`REQUEST_URI` (werkzeug, uWSGI, mod_wsgi). Fields that came twice arrive joined by a comma; two Hosts are thus no host.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from gateway.http.grammar import is_field_value, is_target, is_token, read_length
from gateway.http.headers import Headers
from gateway.http.messages import Body, Call
from gateway.pipeline.refusals import CLIENT_LEFT, Refusal
from gateway.transport.arrival import Arrival, call_of
from gateway.transport.judging import ambiguous_length, bad_address, malformed, refuse_host, split_target

_PIECE = 16 * 1024


def raw_target(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The raw target (a path, and a query after "?"), and the authority of an absolute-form target, else ""."""
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt(environ))
    return split_target(target)


def read_call(environ: Mapping[str, Any], arrival: Arrival) -> Call:
    """The call; raises a `Refusal` with the row MALFORMED, and its body, as it is read, one with CLIENT_LEFT."""
    headers = _headers(environ)
    target, authority = raw_target(environ)
    method = str(environ["REQUEST_METHOD"])
    _refuse_malformed(method, target, headers)
    refuse_host(authority, headers.all("host"), is_old=environ.get("SERVER_PROTOCOL") == "HTTP/1.0")
    seen = str(environ.get("REMOTE_ADDR") or ""), str(environ["wsgi.url_scheme"])
    return call_of(arrival, method, (target, authority), headers, seen, _body(environ, headers))


def _headers(environ: Mapping[str, Any]) -> Headers:
    named = (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length"))
    entity = [(name, str(environ[key])) for key, name in named if environ.get(key)]
    others = [
        (key[5:].replace("_", "-").title(), str(value).strip(" \t"))
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    ]
    return Headers.of(entity + others)


def _refuse_malformed(method: str, target: str, headers: Headers) -> None:
    if not (is_token(method) and is_target(target)):
        raise bad_address()
    for name, value in headers:
        if not (is_token(name) and is_field_value(value)):
            raise malformed(f"The field {name!a} is not valid.", f"Le champ {name!a} n’est pas valide.")


def _body(environ: Mapping[str, Any], headers: Headers) -> Body | None:
    length, codings = headers.get("content-length"), headers.tokens("transfer-encoding")
    if codings:
        # RFC 9112 §6.1, §6.3: both lengths, or a coding that does not end in chunked, is how requests are smuggled.
        if length is not None or codings != ("chunked",) or not environ.get("wsgi.input_terminated"):
            raise ambiguous_length()
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
            raise Refusal(CLIENT_LEFT) from error
        if not piece:
            break
        left = None if left is None else left - len(piece)
        yield piece
    if left:
        raise Refusal(CLIENT_LEFT)


def _rebuilt(environ: Mapping[str, Any]) -> str:
    # A server that keeps no raw target: the best that PEP 3333 offers.
    path = quote(str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", "")), encoding="latin-1")
    return f"{path}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else path
