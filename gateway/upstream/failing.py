"""What went wrong on the way to a service, told: to people as a row of refusals.py, to machines as RFC 9209 has it."""

import errno
import socket
import ssl

from gateway.http.problems import Row
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, Failure
from gateway.upstream.addresses import AddressRefused
from gateway.upstream.replies import Broken, CutShort, Unanswered

_TOLD: tuple[tuple[type[Exception], Row, str], ...] = (  # the first that fits; RFC 9209 §2.3
    (AddressRefused, UPSTREAM_UNREACHABLE, "destination_ip_prohibited"),
    (socket.gaierror, UPSTREAM_UNREACHABLE, "dns_error"),
    (ssl.SSLCertVerificationError, UPSTREAM_UNREACHABLE, "tls_certificate_error"),
    (ssl.SSLEOFError, UPSTREAM_UNREACHABLE, "connection_terminated"),
    (ssl.SSLError, UPSTREAM_UNREACHABLE, "tls_protocol_error"),
    (ConnectionRefusedError, UPSTREAM_UNREACHABLE, "connection_refused"),
    (ConnectionError, UPSTREAM_UNREACHABLE, "connection_terminated"),
    (Unanswered, UPSTREAM_UNREACHABLE, "connection_terminated"),
    (CutShort, UPSTREAM_BROKEN, "http_response_incomplete"),
    (Broken, UPSTREAM_BROKEN, "http_protocol_error"),
)
_UNROUTABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})


def failed(error: Exception) -> Failure:
    """The failure that an exception on the way to a service is."""
    row, told = next(
        ((row, told) for kind, row, told in _TOLD if isinstance(error, kind)),
        (UPSTREAM_UNREACHABLE, "destination_unavailable"),
    )
    if isinstance(error, OSError) and error.errno in _UNROUTABLE:
        told = "destination_ip_unroutable"
    if isinstance(error, ssl.SSLError) and "ALERT" in (getattr(error, "reason", None) or ""):
        told = "tls_alert_received"
    failure = Failure(row)
    failure.proxy_error = told
    failure.__cause__ = error
    return failure


def timed_out(seconds: float, error: str = "http_response_timeout") -> Failure:
    """The failure of a wait of so many seconds."""
    failure = Failure(UPSTREAM_TIMEOUT, seconds=f"{seconds:g}")
    failure.proxy_error = error
    return failure
