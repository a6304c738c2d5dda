"""Header fields as a value: ordered, case-insensitive, repeated names kept apart.

RFC 9110 §5.1 (names are case-insensitive), §5.3 (the order of same-name fields is meaningful).
Nothing here changes a value that was given; a change gives a new `Headers`.
"""

from collections.abc import Iterable, Iterator, Mapping


class Headers:
    """An ordered list of (name, value) pairs; names keep the spelling they arrived with."""

    __slots__ = ("_index", "pairs")

    def __init__(self, pairs: tuple[tuple[str, str], ...] = ()) -> None:
        """Take pairs in the order given."""
        self.pairs = pairs
        self._index: dict[str, tuple[str, ...]] | None = None

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Headers":
        """Take pairs in the order given."""
        return cls(tuple(pairs))

    @property
    def by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Every value of every name, in order, by its name in lower case."""
        # Made at the first question: a decision asks a dozen of a call's fields, and none of most other values.
        if self._index is None:
            index: dict[str, tuple[str, ...]] = {}
            for name, value in self.pairs:
                key = name.lower()
                index[key] = (*index[key], value) if key in index else (value,)
            self._index = index
        return self._index

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Headers({self.pairs!r})"

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.by_name

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of one name, in order."""
        return self.by_name.get(name.lower(), ())

    def get(self, name: str) -> str | None:
        """The first value of one name."""
        found = self.by_name.get(name.lower())
        return found[0] if found else None

    def without(self, names: Iterable[str]) -> "Headers":
        """The fields whose name is not among `names`."""
        unwanted = {name.lower() for name in names}
        return Headers(tuple([pair for pair in self.pairs if pair[0].lower() not in unwanted]))

    def plus(self, *pairs: tuple[str, str]) -> "Headers":
        """These fields, then more."""
        return Headers(self.pairs + pairs)

    def replaced(self, *pairs: tuple[str, str]) -> "Headers":
        """These fields with every one of the given names overwritten, never appended to."""
        return self.without([name for name, _ in pairs]).plus(*pairs)

    def tokens(self, name: str) -> tuple[str, ...]:
        """The members of a comma-separated list field, lower case (RFC 9110 §5.6.1)."""
        values = self.all(name)
        if not values:
            return ()
        members = [member.strip().lower() for value in values for member in value.split(",")]
        return tuple([member for member in members if member])
