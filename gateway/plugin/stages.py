"""The hooks of a version's plugins, sorted by when they are called: made once, when the version is compiled.

The law: a stage holds only hooks that a plugin has overridden, in the order in which they are called, so that a call
pays one look at an empty tuple for a stage that nobody wants.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.plugin.base import Binding, Plugin


@dataclass(frozen=True, slots=True)
class Step:
    """One hook of one plugin, with its settings; `most` is how many bytes of body it wants to see, if any."""

    plugin: str
    hook: Callable[..., Any]
    config: Mapping[str, Any]
    blocking: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Stages:
    """Before authentication, before the service is asked, after it answered, before any answer leaves."""

    arriving: tuple[Step, ...] = ()
    asking: tuple[Step, ...] = ()
    telling: tuple[Step, ...] = ()
    departing: tuple[Step, ...] = ()

    @classmethod
    def of(cls, bindings: Sequence[Binding]) -> "Stages":
        """The stages of plugins in running order; replies meet the last plugin first."""
        back = bindings[::-1]
        return cls(
            tuple(_steps(bindings, "on_arrival")),
            tuple(_steps(bindings, "on_call", sees_body=True)),
            tuple(_steps(back, "on_reply", sees_body=True)),
            tuple(_steps(back, "on_departure")),
        )


def _steps(bindings: Sequence[Binding], hook: str, *, sees_body: bool = False) -> Iterator[Step]:
    for plugin, config in ((binding.plugin, binding.config) for binding in bindings):
        if getattr(type(plugin), hook) is not getattr(Plugin, hook):
            most = plugin.needs_body if sees_body else None
            yield Step(plugin.name, getattr(plugin, hook), config, plugin.blocking, most)
