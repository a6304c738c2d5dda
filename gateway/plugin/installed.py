"""Plugins that come as packages of their own: a distribution names its class under the entry point group.

The law: whoever installs a package wants its plugin, so one that cannot be used stops the start, and one sentence says
which and why. The running order does not depend on the order of installation: it is that of the names.
"""

import inspect
import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from marshmallow import Schema

from gateway.plugin.base import Plugin
from gateway.plugin.registry import PluginError
from gateway.words import Words

GROUP = "guichet.plugins"
"""What `[project.entry-points."guichet.plugins"]` is called in a pyproject.toml."""

HOOKS = ("on_arrival", "on_call", "on_reply", "on_departure")

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_LAWS: tuple[tuple[Callable[[Any], bool], Words], ...] = (
    (
        lambda plugin: isinstance(plugin, Plugin),
        Words("it is no Plugin", "ce n’est pas un Plugin"),
    ),
    (
        lambda plugin: _NAME.fullmatch(str(getattr(plugin, "name", ""))) is not None,
        Words("its name is not made of a-z, 0-9 and -", "son nom n’est pas fait de a-z, 0-9 et -"),
    ),
    (
        lambda plugin: isinstance(getattr(plugin, "purpose", None), Words),
        Words("its purpose is not said in Words", "sa raison d’être n’est pas dite en Words"),
    ),
    (
        lambda plugin: inspect.isclass(plugin.Config) and issubclass(plugin.Config, Schema),
        Words("its Config is no marshmallow Schema", "son Config n’est pas un Schema de marshmallow"),
    ),
    (
        lambda plugin: not any(inspect.iscoroutinefunction(getattr(plugin, hook)) for hook in HOOKS),
        Words("its hooks must not be async", "ses fonctions ne doivent pas être async"),
    ),
    (
        lambda plugin: plugin.needs_body is None or (type(plugin.needs_body) is int and plugin.needs_body > 0),
        Words("its needs_body is no number of bytes", "son needs_body n’est pas un nombre d’octets"),
    ),
)
"""What must hold of a plugin, one after the other, and what is said when it does not."""


def installed() -> tuple[Plugin, ...]:
    """The plugins of the packages that are installed, by name.

    Raises:
        PluginError: one cannot be imported, or is none.
    """
    return tuple(sorted(map(_loaded, entry_points(group=GROUP)), key=lambda plugin: plugin.name))


def _loaded(entry: EntryPoint) -> Plugin:
    try:
        plugin = entry.load()()
    except (Exception, SystemExit) as error:  # what somebody else wrote may do anything
        why = f"{type(error).__name__}: {error}"
        raise _unusable(entry, why, why) from error
    fault = _fault(plugin)
    if fault:
        raise _unusable(entry, fault.en, fault.fr)
    found: Plugin = plugin
    return found


def _fault(plugin: Any) -> Words | None:
    return next((words for holds, words in _LAWS if not holds(plugin)), None)


def _unusable(entry: EntryPoint, en: str, fr: str) -> PluginError:
    whose = entry.dist.name if entry.dist else entry.value
    return PluginError(
        f"The plugin “{entry.name}” of {whose} cannot be used: {en}.",
        f"Le module « {entry.name} » de {whose} est inutilisable : {fr}.",
    )
