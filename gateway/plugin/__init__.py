"""All that a plugin author imports; a plugin in twenty lines is in plugins/README.md."""

from gateway.http.headers import Headers
from gateway.http.messages import Body, Call, Reply
from gateway.http.problems import Problem, Row
from gateway.plugin.base import Binding, Plugin
from gateway.plugin.registry import Registry
from gateway.words import Words

__all__ = ["Binding", "Body", "Call", "Headers", "Plugin", "Problem", "Registry", "Reply", "Row", "Words"]
