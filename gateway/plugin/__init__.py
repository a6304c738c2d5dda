"""All that a plugin author imports; a plugin in twenty lines is in plugins/README.md."""

from gateway.http.grammar import is_field_value, is_token
from gateway.http.headers import Headers
from gateway.http.messages import Body, Call, Reply
from gateway.http.problems import Problem, Row
from gateway.http.reserved import RATE_LIMIT_NAMES, is_ours_on_calls, is_ours_on_replies
from gateway.plugin.base import Binding, Plugin
from gateway.plugin.registry import Registry
from gateway.words import Words

__all__ = [
    "RATE_LIMIT_NAMES",
    "Binding",
    "Body",
    "Call",
    "Headers",
    "Plugin",
    "Problem",
    "Registry",
    "Reply",
    "Row",
    "Words",
    "is_field_value",
    "is_ours_on_calls",
    "is_ours_on_replies",
    "is_token",
]
