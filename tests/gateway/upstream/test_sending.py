import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body
from gateway.pipeline.effects import Send
from gateway.upstream.sending import head_of, may_go_again, timed_out
from tests.builders import a_target


def a_send(method="GET", body=None, fields=()):
    return Send(a_target(), method, "/a?b", Headers(fields), body)


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
    assert head_of(a_send(method, body)) == method.encode() + b" /a?b HTTP/1.1\r\n" + framing + b"\r\n"


def test_fields_keep_their_order():
    assert head_of(a_send(fields=(("B", "1"), ("A", "2"), ("B", "3")))).endswith(b"\r\nB: 1\r\nA: 2\r\nB: 3\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "body", "may"),
    [("GET", None, True), ("HEAD", None, True), ("GET", Body((), 0), False), ("POST", None, False)],
)
def test_only_what_changes_nothing_and_has_no_body_may_go_twice(method, body, may):
    assert may_go_again(a_send(method, body)) is may


def test_a_timeout_tells_how_long_was_waited():
    assert (timed_out(0.5).row.status, "0.5" in timed_out(0.5).detail.en) == (504, True)
