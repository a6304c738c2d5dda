"""Header fields as an immutable value: ordered, case-insensitive, repeated names kept apart.

RFC 9110 §5.1 (names are case-insensitive), §5.3 (the order of same-name fields is meaningful).
Nothing here changes a value that was given; a change gives a new `Headers`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headers:
    """An ordered list of (name, value) pairs; names keep the spelling they arrived with."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Headers":
        """Take pairs in the order given."""
        return cls(tuple(pairs))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __contains__(self, name: str) -> bool:
        wanted = name.lower()
        return any(key.lower() == wanted for key, _ in self.pairs)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of one name, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.pairs if key.lower() == wanted)

    def get(self, name: str) -> str | None:
        """The first value of one name."""
        wanted = name.lower()
        return next((value for key, value in self.pairs if key.lower() == wanted), None)

    def without(self, names: Iterable[str]) -> "Headers":
        """The fields whose name is not among `names`."""
        unwanted = {name.lower() for name in names}
        return Headers(tuple(pair for pair in self.pairs if pair[0].lower() not in unwanted))

    def plus(self, *pairs: tuple[str, str]) -> "Headers":
        """These fields, then more."""
        return Headers(self.pairs + pairs)

    def replaced(self, *pairs: tuple[str, str]) -> "Headers":
        """These fields with every one of the given names overwritten, never appended to."""
        return self.without(name for name, _ in pairs).plus(*pairs)

    def tokens(self, name: str) -> tuple[str, ...]:
        """The members of a comma-separated list field, lower case (RFC 9110 §5.6.1)."""
        members = (member.strip().lower() for value in self.all(name) for member in value.split(","))
        return tuple(member for member in members if member)
