"""From a WSGI environ (PEP 3333) to a `Call`, as close to the bytes that arrived as the server in front lets us come.

WSGI decodes the path, so the raw target is taken from where servers leave it: `RAW_URI` (gunicorn, werkzeug) or
`REQUEST_URI` (werkzeug, uWSGI, mod_wsgi). Fields that came twice arrive joined by a comma; two Hosts are thus no host.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from gateway.http.grammar import is_field_value, is_host, is_target, is_token, read_length
from gateway.http.headers import Headers
from gateway.http.languages import preferred_language
from gateway.http.messages import Body, Call
from gateway.pipeline.refusals import CLIENT_LEFT, MALFORMED, Refusal
from gateway.transport.arrival import Arrival, client_of
from gateway.transport.connection import ClientConnection
from gateway.transport.inflow import Inflow
from gateway.transport.requests import Request

_PIECE = 16 * 1024


def raw_target(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The raw target (a path, and a query after "?"), and the authority of an absolute-form target, else ""."""
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt(environ))
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in {"http", "https"}:  # RFC 9112 §3.2.2
        authority, slash, path = rest.partition("/")
        # RFC 9110 §4.2.1: an address without a host is none, and stays what it is: no path
        return (slash + path or "/", authority) if authority else (target, "")
    return target, ""


def read_call(environ: Mapping[str, Any], arrival: Arrival) -> Call:
    """The call; raises a `Refusal` with the row MALFORMED, and its body, as it is read, one with CLIENT_LEFT."""
    headers = _headers(environ)
    target, authority = raw_target(environ)
    path, mark, query = target.partition("?")
    seen = str(environ.get("REMOTE_ADDR") or ""), str(environ["wsgi.url_scheme"])
    address, scheme = client_of(*seen, headers, arrival.proxies)
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


def make_environ(connection: ClientConnection, request: Request, body: Inflow) -> dict[str, Any]:
    """The environ of a request that the fast lane read."""
    path, _, query = request.target.partition("?")
    host, _, port = (request.authority or request.headers.get("host") or "").rpartition(":")
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port if port.isdecimal() else {"http": "80", "https": "443"}[connection.scheme],
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "SERVER_SOFTWARE": "guichet",
        "REMOTE_ADDR": connection.peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": connection.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    return environ | _cgi_fields(request.headers)


def _cgi_fields(headers: Headers) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in headers.pairs:
        if "_" in name:  # X_Forwarded_For must not become X-Forwarded-For on its way through CGI names
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","  # RFC 9110 §5.3; RFC 6265 §5.4
        fields[key] = f"{fields[key]}{joint}{value}" if key in fields else value
    return fields


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
    needs_host = environ.get("SERVER_PROTOCOL") != "HTTP/1.0"  # RFC 9112 §3.2, also where an absolute target wins
    said = (call.host, call.headers.get("host") or "")
    if not all(is_host(host) or not (host or needs_host) for host in said):
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
