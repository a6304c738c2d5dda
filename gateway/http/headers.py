"""Header fields as a value: ordered, case-insensitive, repeated names kept apart.

RFC 9110 §5.1 (names are case-insensitive), §5.3 (the order of same-name fields is meaningful).
Nothing here changes a value that was given; a change gives a new `Headers`.
"""

from collections.abc import Iterable, Iterator, Mapping

from gateway.http.wire import field_lines

Pair = tuple[str, str]


class Headers:
    """An ordered list of (name, value) pairs; names keep the spelling they arrived with.

    What is added to fields shares them instead of copying them, and remembers what was worked out for them: the fields
    of a client, or of a service, hardly vary from call to call, and what the gateway adds is little.
    """

    __slots__ = ("__weakref__", "_added", "_before", "_hash", "_index", "_left", "_lines", "_pairs", "_size")

    def __init__(self, pairs: tuple[Pair, ...] = (), before: "Headers | None" = None) -> None:
        """Take pairs in the order given, after those of `before`."""
        self._added = pairs
        self._before = before
        self._pairs = None if before else pairs
        self._index: dict[str, tuple[str, ...]] | None = None
        self._lines: bytes | None = None
        self._size = -1
        self._hash: int | None = None
        self._left: dict[frozenset[str], Headers | None] | None = None

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> "Headers":
        """Take pairs in the order given."""
        return cls(tuple(pairs))

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All the pairs."""
        if self._pairs is None:
            before = self._before.pairs if self._before else ()
            self._pairs = before + self._added
        return self._pairs

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

    @property
    def size(self) -> int:
        """How many characters the names and values have."""
        if self._size < 0:
            before = self._before.size if self._before else 0
            self._size = before + sum([len(name) + len(value) for name, value in self._added])
        return self._size

    @property
    def lines(self) -> bytes:
        """The fields as they stand on the wire (RFC 9112 §5); raises ValueError when one is none."""
        if self._lines is None:
            lines = field_lines(self._added)
            self._lines = self._before.lines + lines if self._before else lines
        return self._lines

    def lines_without(self, names: frozenset[str]) -> bytes:
        """The lines of the fields whose name is not among `names`, which are in lower case; raises ValueError."""
        if self._before is None:
            return self.without(names).lines
        added = [pair for pair in self._added if pair[0].lower() not in names]
        return self._before.without(names).lines + field_lines(added)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.pairs == other.pairs

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self.pairs)
        return self._hash

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

    def without(self, names: frozenset[str]) -> "Headers":
        """The fields whose name is not among `names`, which are in lower case."""
        if self._left is None:
            self._left = {}
        elif names in self._left:
            return self._left[names] or self
        added = tuple([pair for pair in self._added if pair[0].lower() not in names])
        before = self._before.without(names) if self._before else None
        is_whole = len(added) == len(self._added) and before is self._before
        # None for itself: a value that held itself would live until cycles are looked for.
        left = self._left[names] = None if is_whole else Headers(added, before)
        return left or self

    def plus(self, *pairs: Pair) -> "Headers":
        """These fields, then more."""
        return Headers(pairs, self) if pairs else self

    def replaced(self, *pairs: Pair) -> "Headers":
        """These fields with every one of the given names overwritten, never appended to."""
        return self.without(frozenset(name.lower() for name, _ in pairs)).plus(*pairs)

    def tokens(self, name: str) -> tuple[str, ...]:
        """The members of a comma-separated list field, lower case (RFC 9110 §5.6.1)."""
        values = self.all(name)
        if not values:
            return ()
        members = [member.strip().lower() for value in values for member in value.split(",")]
        return tuple([member for member in members if member])


NO_FIELDS = Headers()
"""Nothing was said."""
