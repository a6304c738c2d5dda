"""Every problem that this installation can tell, grouped by who tells it: what the pages about errors explain.

The law: a code means one thing. The gateway and the management API may share one (both break down alike); a plugin has
codes of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l

from gateway.management.kinds import TABLE as KINDS
from gateway.pipeline.refusals import TABLE as REFUSALS
from gateway.plugin.registry import PluginError, Registry
from gateway.words import Words


class Explained(Protocol):
    """What a page tells of a problem: a row of pipeline/refusals.py, of a plugin, or a kind of domain/errors.py."""

    @property
    def code(self) -> str:
        """What programs look at, and the end of the page's address."""

    @property
    def status(self) -> int:
        """The HTTP status it comes with."""

    @property
    def title(self) -> Words:
        """What happened, in a few words."""

    @property
    def detail(self) -> Words:
        """What happened, with `{placeholders}`."""

    @property
    def remedy(self) -> Words:
        """What to do about it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that come from one place."""

    key: str
    title: Any
    lead: Any
    rows: tuple[Explained, ...]


def groups(registry: Registry) -> tuple[Group, ...]:
    """All of them, those of calls first; an installation without plugins has no group of theirs."""
    told = (
        Group(
            "calls",
            _l("Calls to APIs"),
            _l("What the gateway answers in place of the department’s service."),
            REFUSALS,
        ),
        Group(
            "plugins",
            _l("Plugins"),
            _l("What a plugin answers that a department chose for its API."),
            registry.refusals,
        ),
        Group("management", _l("Management API"), _l("What the portal’s own API, under /v1/, answers."), KINDS),
    )
    return tuple(group for group in told if group.rows)


def refusals_by_code(registry: Registry) -> Mapping[str, Explained]:
    """Every way for a call to be refused, by plugins too.

    Raises:
        PluginError: a plugin uses a code that means something else already.
    """
    ours: dict[str, Explained] = {row.code: row for row in REFUSALS}
    theirs: dict[str, Explained] = {row.code: row for row in registry.refusals}
    if taken := theirs.keys() & (ours.keys() | {kind.code for kind in KINDS}):
        codes = ", ".join(sorted(taken))
        raise PluginError(
            f"A plugin uses a code that is taken: {codes}.", f"Un module emploie un code déjà pris : {codes}."
        )
    return ours | theirs
