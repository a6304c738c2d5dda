"""What a caller may ask to speak instead of HTTP, and where its token may stand then."""

from base64 import urlsafe_b64encode

import pytest

from gateway.http.headers import Headers
from gateway.pipeline.upgrading import agreeing, asking, is_agreed, wishing
from tests.builders import a_call

NAME = "Sec-WebSocket-Protocol"


def bearer(token: str) -> str:
    return "base64url.bearer.authorization.k8s.io." + urlsafe_b64encode(token.encode()).decode().rstrip("=")


def wished(*fields):
    return wishing(a_call(headers=Headers(fields)))


@pytest.mark.parametrize(
    ("upgrade", "left"),
    [
        ("websocket", "websocket"),
        ("WebSocket", "websocket"),
        ("example/1, SPDY/3.1", "example/1, spdy/3.1"),
        ("h2c", ""),
        ("HTTP/2.0, websocket", "websocket"),
        ("TLS/1.0, http/1.1, h2", ""),
        ("a b, c/, /d, e/f/g", "c/"),
    ],
)
def test_what_is_asked_for_is_a_protocol_and_never_http_itself(upgrade, left):
    assert wished(("Upgrade", upgrade)).upgrade == left


@pytest.mark.parametrize("token", ["a.b-c_d", "aa.bb.cc", "x"])
def test_a_token_among_the_subprotocols_becomes_the_authorization(token):
    call = wished((NAME, f"chat, {bearer(token)}"), ("Accept", "*/*"), (NAME, "other"))

    assert call.headers.all("authorization") == (f"Bearer {token}",)
    assert call.headers.all(NAME) == ("chat, other",)


def test_without_another_subprotocol_there_is_none():
    assert NAME not in wished((NAME, bearer("token"))).headers


def test_what_cannot_be_decoded_is_no_valid_token():
    for text in ("a", "%", "gA"):
        call = wished((NAME, f"base64url.bearer.authorization.k8s.io.{text}"))

        assert call.headers.all("authorization") == (f"Bearer {text}",)


def test_two_ways_to_say_who_calls_stay_two():
    call = wished(("Authorization", "Bearer a"), (NAME, f"{bearer('b')}, {bearer('c')}"))

    assert call.headers.all("authorization") == ("Bearer a", "Bearer b", "Bearer c")


def test_the_service_is_asked_with_the_handshake_and_what_connection_names_is_ours():
    call = wished(
        ("Connection", "upgrade, x-own"), ("Upgrade", "WebSocket"), ("Sec-WebSocket-Key", "k"), ("X-Own", "1")
    )

    assert asking(call) == (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "k"))


@pytest.mark.parametrize(
    ("asked", "upgrade", "connection", "agreed"),
    [
        ("websocket", "WebSocket", "upgrade", True),
        ("example/1, websocket", "websocket", "keep-alive, Upgrade", True),
        ("websocket", "websocket", "close", False),
        ("websocket", "h2c", "Upgrade", False),
        ("websocket", "websocket, h2c", "Upgrade", False),
        ("websocket", "", "Upgrade", False),
        ("", "websocket", "Upgrade", False),
    ],
)
def test_a_switch_is_to_what_was_asked_for(asked, upgrade, connection, agreed):
    assert is_agreed(asked, Headers((("Upgrade", upgrade), ("Connection", connection)))) is agreed


def test_the_caller_is_told_what_is_spoken_now():
    assert agreeing(Headers((("Upgrade", "WebSocket"),))) == (("Connection", "Upgrade"), ("Upgrade", "websocket"))
