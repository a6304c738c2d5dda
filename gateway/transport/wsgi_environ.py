"""From a request that the fast lane read to a WSGI environ (PEP 3333), for the application behind it.

The other way round, for the plain lane, is environ.py.
"""

import sys
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from gateway.http.headers import Headers
from gateway.transport.collecting import TooLong
from gateway.transport.connection import ClientConnection
from gateway.transport.requests import Request


def make_environ(connection: ClientConnection, request: Request, body: IO[bytes] | TooLong) -> dict[str, Any]:
    """The environ of a request that the fast lane read."""
    path, _, query = request.target.partition("?")
    host, port = _host_and_port(request.authority or request.headers.get("host") or "")
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": request.target,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or {"http": "80", "https": "443"}[connection.scheme],
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


def _host_and_port(authority: str) -> tuple[str, str]:
    host, _, port = authority.rpartition(":")
    return (host, port) if host and "]" not in port else (authority, "")  # an IPv6 address holds colons of its own


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
