import errno
import socket
import ssl

import pytest

from gateway.upstream.addresses import PRIVATE, AddressRefused
from gateway.upstream.failing import failed, timed_out
from gateway.upstream.replies import Broken, CutShort, Unanswered


def tls_error(reason):
    error = ssl.SSLError(1, "[SSL] what happened")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (AddressRefused(PRIVATE), "upstream-unreachable", "destination_ip_prohibited"),
        (socket.gaierror(-2, "unknown"), "upstream-unreachable", "dns_error"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "upstream-unreachable", "tls_certificate_error"),
        (ssl.SSLEOFError(8, "cut off"), "upstream-unreachable", "connection_terminated"),
        (tls_error("WRONG_VERSION_NUMBER"), "upstream-unreachable", "tls_protocol_error"),
        (tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "upstream-unreachable", "tls_alert_received"),
        (ConnectionRefusedError(), "upstream-unreachable", "connection_refused"),
        (ConnectionResetError(), "upstream-unreachable", "connection_terminated"),
        (Unanswered(), "upstream-unreachable", "connection_terminated"),
        (OSError(errno.EHOSTUNREACH, "no way"), "upstream-unreachable", "destination_ip_unroutable"),
        (OSError("no address"), "upstream-unreachable", "destination_unavailable"),
        (Broken(), "upstream-broken", "http_protocol_error"),
        (CutShort(), "upstream-broken", "http_response_incomplete"),
    ],
)
def test_what_went_wrong_is_told_to_people_and_to_machines(error, code, told):
    failure = failed(error)

    assert (failure.row.code, failure.row.status, failure.proxy_error) == (code, 502, told)
    assert failure.__cause__ is error


def test_a_timeout_tells_how_long_was_waited():
    failure = timed_out(0.5)

    assert (failure.row.status, failure.proxy_error) == (504, "http_response_timeout")
    assert "0.5" in failure.detail.en
