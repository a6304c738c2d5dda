"""What the test of a plugin needs: a call, a reply, and settings as the hooks find them.

Nothing runs but the hooks that the test calls; plugins/README.md has one, as it is written.
"""

from collections.abc import Mapping
from typing import Any

from gateway.http.headers import Headers
from gateway.http.messages import Body, Call, Reply
from gateway.plugin.base import Plugin
from gateway.plugin.registry import Registry

_NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


def a_call(method: str = "GET", path: str = "/api/weather/v1/stations", **given: Any) -> Call:
    """A call; `given` are members of it, `fields` its header fields as (name, value) pairs."""
    ordinary: dict[str, Any] = {
        "query": None,
        "headers": Headers.of(given.pop("fields", ())),
        "received_at": _NOON,
        "request_id": "req_01KDX6Z7M00000000000000000",
        "client_address": "203.0.113.7",
        "host": "guichet.example.ca",
        "language": "en",
    }
    return Call(method=method, path=path, **(ordinary | given))


def a_reply(status: int = 200, content: bytes = b"{}", fields: tuple[tuple[str, str], ...] = ()) -> Reply:
    """The reply of a service: JSON, with further header fields."""
    return Reply(status, Headers((("Content-Type", "application/json"), *fields)), Body.of(content))


def settings_of(plugin: Plugin, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What a publisher chose, as the hooks find it in `config`; raises marshmallow's ValidationError."""
    return Registry([plugin]).load(plugin.name, chosen)
