"""The base of all plugins: a plugin is one class in one file; its hooks are plain functions with two outcomes.

A hook gives back the value it was given (changed or not), or, on the way in, a `Reply` or `Problem` to answer at once.
Hooks are called in the order of the methods below. A hook that is not overridden costs nothing.
Plugins keep no clock: the time of a call is in the call. Order is one list (`plugins/__init__.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import Schema

from gateway.http.messages import Call, Reply
from gateway.http.problems import Problem, Row
from gateway.words import Words


class Plugin:
    """Something a publisher may choose for an API. Override the hooks you need."""

    name: ClassVar[str]
    """How it is called in configuration; unique."""

    purpose: ClassVar[Words]
    """What it does, for the person who chooses it."""

    refusals: ClassVar[tuple[Row, ...]] = ()
    """Every `Problem` it may answer with; the portal explains each at the address that its `type` leads to."""

    blocking: ClassVar[bool] = False
    """Whether its hooks wait for something (a file, a socket): they then run on a few threads, not on the loop's."""

    needs_body: ClassVar[int | None] = None
    """How many bytes of body are at most collected, so that `on_call` and `on_reply` see bodies whole
    (`call.body.content`); None: bodies stream past. A longer request is refused with 413, a longer reply with 502."""

    class Config(Schema):
        """What a publisher may set; every field has its default or is required."""

    def on_arrival(self, call: Call, config: Mapping[str, Any]) -> Call | Reply | Problem:  # noqa: ARG002 - a hook to override
        """Before anybody asks who calls, and before the call is counted: pass it on, or answer at once."""
        return call

    def on_call(self, call: Call, config: Mapping[str, Any]) -> Call | Reply | Problem:  # noqa: ARG002 - a hook to override
        """Before the call is forwarded: pass it on, or answer at once."""
        return call

    def on_reply(self, call: Call, reply: Reply, config: Mapping[str, Any]) -> Reply:  # noqa: ARG002 - a hook to override
        """Before the reply of the service, or of an `on_call`, leaves; in reverse order."""
        return reply

    def on_departure(self, call: Call, reply: Reply, config: Mapping[str, Any]) -> Reply:  # noqa: ARG002 - a hook to override
        """Before any answer leaves, the gateway's refusals too; in reverse order."""
        return reply


@dataclass(frozen=True, slots=True)
class Binding:
    """A plugin chosen for a version, with its loaded configuration."""

    plugin: Plugin
    config: Mapping[str, Any]
