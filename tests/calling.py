"""Calls to the small API of tests/lane.py, as bytes, on connections that a test holds."""

from tests.lane import KEY
from tests.wire.client import Answer, Client

WEATHER = "/api/weather/v1"


def a_request(target: str = f"{WEATHER}/a", *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    """One request with the key of the only application."""
    lines = [f"{method} {target} HTTP/1.1", "Host: guichet.example.ca", f"X-API-Key: {KEY}", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def say(client: Client, content: bytes) -> None:
    """Send it all."""
    client.send([content], lambda: None)


def hear(client: Client) -> Answer:
    """The next final answer."""
    while True:
        client.read(bodiless=False)
        if client.answers[-1].status >= 200:
            return client.answers[-1]


def ask(client: Client, content: bytes | None = None) -> Answer:
    """Send a request, and read its answer."""
    say(client, content or a_request())
    return hear(client)


def call(port: int, content: bytes | None = None) -> Answer:
    """A call on a connection of its own."""
    with Client(port) as client:
        return ask(client, content)


def say_until_stuck(client: Client, size: int) -> int:
    """Send so many bytes, until nobody takes any for half a second; how many have left."""
    client.socket.settimeout(0.5)
    sent = 0
    try:
        while sent < size:
            sent += client.socket.send(bytes(min(65536, size - sent)))
    except TimeoutError:
        pass
    finally:
        client.socket.settimeout(30)
    return sent


def drained(client: Client, most: int) -> int:
    """Read an answer's body up to so many bytes, and forget it; how many came."""
    client._until(b"\r\n\r\n")
    size, client._held = len(client._held), b""
    while size < most and (more := len(client.socket.recv(65536))):
        size += more
    return size
