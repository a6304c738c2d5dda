from dataclasses import replace

import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body
from gateway.pipeline.effects import Send
from gateway.upstream.sending import head_of
from tests.builders import a_service, a_target


def a_send(method="GET", body=None, fields=()):
    return Send(a_service(), method, "/a?b", Headers(fields), body), a_target()


@pytest.mark.parametrize(
    ("method", "body", "framing"),
    [
        ("GET", None, b""),
        ("DELETE", None, b""),
        ("POST", None, b"Content-Length: 0\r\n"),
        ("PUT", None, b"Content-Length: 0\r\n"),
        ("POST", Body((), 0), b"Content-Length: 0\r\n"),
        ("POST", Body((b"abc",), 3), b"Content-Length: 3\r\n"),
        ("GET", Body((b"abc",)), b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_a_head_says_how_its_body_ends(method, body, framing):
    assert (
        head_of(*a_send(method, body))
        == method.encode() + b" /base/a?b HTTP/1.1\r\nHost: inside.example:8080\r\n" + framing + b"\r\n"
    )


def test_fields_keep_their_order():
    assert head_of(*a_send(fields=(("B", "1"), ("A", "2"), ("B", "3")))).endswith(b"\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n")


def test_a_base_url_may_end_in_a_slash_or_have_no_path():
    for base in ("", "/"):
        assert head_of(a_send()[0], a_target(base_path=base)).startswith(b"GET /a?b HTTP/1.1")


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ({}, b"inside.example:8080"),
        ({"port": 80}, b"inside.example"),
        ({"scheme": "https", "port": 443}, b"inside.example"),
        ({"scheme": "https", "port": 80}, b"inside.example:80"),
        ({"host": "fd00::1"}, b"[fd00::1]:8080"),
    ],
)
def test_the_host_is_the_targets_own(target, host):
    assert b"\r\nHost: " + host + b"\r\n" in head_of(a_send()[0], a_target(**target))


SIGNED = Send(
    a_service(proof_key=b"key"),
    "GET",
    "/a?b",
    Headers((("Signature", "guichet=:AAAA:"), ("signature-input", "guichet=()"), ("X-Kept", "1"))),
    None,
)


def test_a_call_is_signed_where_its_service_wants_a_proof_and_a_callers_own_signature_does_not_pass_for_it():
    head = head_of(SIGNED, a_target()).decode()

    assert (head.count("\r\nSignature: guichet=:"), head.count("\r\nSignature-Input: guichet=(")) == (1, 1)
    assert "AAAA" not in head
    assert "signature-input" not in head
    assert "\r\nX-Kept: 1\r\n" in head


def test_elsewhere_a_callers_signature_is_its_own_affair():
    head = head_of(replace(SIGNED, service=a_service()), a_target()).decode()

    assert head.count("ignature") == 2
    assert "\r\nSignature: guichet=:AAAA:\r\n" in head
