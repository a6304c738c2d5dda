"""What an API and its version are called, by their ids: people read names, and usage is kept by ids."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from gateway.pipeline.refusals import Failure
from gateway.pipeline.snapshot import Snapshot, Version


class VersionName(NamedTuple):
    """An API's name in its addresses and the number of a version, both empty where none was called."""

    api: str = ""
    version: str = ""


class VersionNames:
    """The names in the snapshot in force; a version that has left it keeps its id for a name."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        """Nothing is asked before the first id. `snapshot` may raise `Failure` while there is none."""
        self._snapshot = snapshot
        self._names = {"": VersionName()}

    def of(self, named: str) -> VersionName:
        """The name of a version, by its own id or by that of the environment that owns its service."""
        return self._names.get(named) or self._found(named)

    def _found(self, named: str) -> VersionName:
        names = {"": VersionName()}
        for version in self._versions():
            names[version.version_id] = names[version.environment_id] = VersionName(
                version.api_name, str(version.major)
            )
        # Remembered too, so that what is gone is not looked for at each call.
        found = names.setdefault(named, VersionName(named))
        self._names = names
        return found

    def _versions(self) -> Iterable[Version]:
        try:
            return self._snapshot().versions.values()
        except Failure:
            return ()
