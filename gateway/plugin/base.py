"""The base of all plugins: a plugin is one class in one file, with two outcomes.

A hook gives back the value it was given (changed or not), or, on the way in, a `Reply` or `Problem` to answer at once.
Plugins do no IO and keep no clock: the time of a call is in the call. Order is one list (`plugins/__init__.py`).
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

    class Config(Schema):
        """What a publisher may set; every field has its default or is required."""

    def on_call(self, call: Call, config: Mapping[str, Any]) -> Call | Reply | Problem:  # noqa: ARG002 - a hook to override
        """Before the call is forwarded: pass it on, or answer at once."""
        return call

    def on_reply(self, call: Call, reply: Reply, config: Mapping[str, Any]) -> Reply:  # noqa: ARG002 - a hook to override
        """Before the reply leaves, in reverse order."""
        return reply


@dataclass(frozen=True, slots=True)
class Binding:
    """A plugin chosen for a version, with its loaded configuration."""

    plugin: Plugin
    config: Mapping[str, Any]
