"""The plugins that this installation has, in running order; checked once, when the process starts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.http.messages import Call
from gateway.http.problems import Row
from gateway.plugin.base import Binding, Plugin
from gateway.plugin.settings import faults_of
from gateway.words import Words


class PluginError(ValueError):
    """A plugin that cannot be used; the text names it and says why, one sentence in each language."""

    def __init__(self, en: str, fr: str) -> None:
        """Say it in English and in French."""
        super().__init__(f"{en} / {fr}")


class PluginMissing(Exception):  # noqa: N818 - what is the matter
    """A plugin was chosen that this installation does not have."""


class NotInstalled(Plugin):
    """Stands for a plugin that was chosen and cannot work: what it would hold back must not pass because of that."""

    name = "not-installed"

    def on_arrival(self, call: Call, config: Mapping[str, Any]) -> Call:  # noqa: ARG002 - it holds back every call
        """Hold everything back."""
        raise PluginMissing


class Registry:
    """Plugins by name. Two with one name stop the start: silence would let one shadow the other."""

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        """Take the plugins in running order."""
        self._plugins = {plugin.name: plugin for plugin in plugins}
        if name := _twice(plugin.name for plugin in plugins):
            raise PluginError(f"Two plugins share the name “{name}”.", f"Deux modules portent le nom « {name} ».")
        if code := _twice(row.code for row in self.refusals):
            raise PluginError(f"Two plugins share the code “{code}”.", f"Deux modules ont le code « {code} ».")

    def __iter__(self) -> Any:
        return iter(self._plugins.values())

    def __contains__(self, name: str) -> bool:
        return name in self._plugins

    @property
    def refusals(self) -> tuple[Row, ...]:
        """Every problem that a plugin of this installation may answer with."""
        return tuple(row for plugin in self._plugins.values() for row in plugin.refusals)

    def load(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration checked against the plugin's schema; raises marshmallow's ValidationError or KeyError."""
        loaded: dict[str, Any] = self._plugins[name].Config().load(dict(config))
        return loaded

    def faults(self, name: str, config: Mapping[str, Any]) -> dict[str, Words]:
        """What is wrong with a configuration, by setting, in both languages; raises KeyError."""
        return faults_of(self._plugins[name].Config, config)

    def bind(self, chosen: Mapping[str, Mapping[str, Any]]) -> tuple[Binding, ...]:
        """The chosen plugins in running order, whatever order they were chosen in.

        Where one of them cannot do its work (`unusable`), every call is held back before the others are asked.
        """
        unusable = self.unusable(chosen)
        known = (
            Binding(plugin, self.load(name, chosen[name]))
            for name, plugin in self._plugins.items()
            if name in chosen and name not in unusable
        )
        return (*(Binding(NotInstalled(), {}) for _ in unusable), *known)

    def unusable(self, chosen: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Why, in English, by the name of each chosen plugin that is gone or no longer takes its settings."""
        gone = dict.fromkeys(sorted(set(chosen) - set(self._plugins)), "it is not installed")
        refused = {
            name: faults for name in self._plugins if name in chosen and (faults := self.faults(name, chosen[name]))
        }
        return gone | {
            name: "; ".join(f"{setting or 'its settings'}: {words.en}" for setting, words in faults.items())
            for name, faults in refused.items()
        }


def _twice(texts: Iterable[str]) -> str | None:
    return next((text for text, times in Counter(texts).items() if times > 1), None)
