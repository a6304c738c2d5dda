"""From a raw path to the declared path template: an index built once for each version.

The law: a literal segment wins over a part-literal one, and that over a bare parameter, from left to right (OpenAPI 3.1
§4.8.8.2: "concrete definitions would be matched before their templated counterparts"). What is compared is the bytes
on the wire: nothing is decoded, so that what was matched is what is forwarded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

_PARAMETER = re.compile(r"\{[^{}]*\}")
_UNESCAPED = "!$&'()*+,;=:@-._~%"  # RFC 3986 §3.3 pchar, and "%" so that a template may be written encoded


class Declared(Protocol):
    """An operation, as far as matching goes."""

    @property
    def method(self) -> str:
        """Its method, upper case."""

    @property
    def template(self) -> str:
        """Its path template, such as `/stations/{id}`."""


T = TypeVar("T", bound=Declared)


@dataclass(frozen=True, slots=True)
class _Mixed:
    """A segment of literals with parameters between them, such as `{z}-{x}.png`; each parameter takes one byte or more.

    Matched by looking for one literal after the other and never going back: a regular expression would try every way of
    cutting a hostile segment, and hold the whole process meanwhile.
    """

    literals: tuple[str, ...]

    def fits(self, segment: str) -> bool:
        """Whether a raw segment has the literals in their order, with something where each parameter stands."""
        first, *between, last = self.literals
        if len(segment) < self.shortest or not (segment.startswith(first) and segment.endswith(last)):
            return False
        place, end = len(first), len(segment) - len(last)
        for literal in between:
            # The leftmost place that leaves its parameter a byte leaves the most to those that follow.
            place = segment.find(literal, place + 1, end)
            if place < 0:
                return False
            place += len(literal)
        return place < end

    @property
    def shortest(self) -> int:
        """The fewest bytes that a segment of this kind has."""
        return sum(map(len, self.literals)) + len(self.literals) - 1


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: "dict[str, _Node[T]]" = field(default_factory=dict)
    mixed: "list[tuple[_Mixed, _Node[T]]]" = field(default_factory=list)
    parameter: "_Node[T] | None" = None
    operations: dict[str, T] = field(default_factory=dict)


class Matcher(Generic[T]):
    """The templates of one version as a tree of segments; looking one up costs the length of the path."""

    __slots__ = ("_root",)

    def __init__(self, operations: Iterable[T]) -> None:
        """Index the operations; of two on the same template and method the first stays."""
        self._root: _Node[T] = _Node()
        for operation in operations:
            node = self._root
            for segment in operation.template.split("/")[1:]:
                node = _child(node, segment)
            node.operations.setdefault(operation.method.upper(), operation)

    def find(self, path: str) -> Mapping[str, T]:
        """The operations at a raw path, by method; empty when no template fits."""
        if not path.startswith("/"):
            return {}
        node = _descend(self._root, path.split("/"), 1)
        return node.operations if node else {}


def filled(segment: str) -> str:
    """A segment of a template with a letter for each of its parameters."""
    return _PARAMETER.sub("x", segment)


def _child(node: _Node[T], segment: str) -> _Node[T]:
    if not _PARAMETER.search(segment):
        return node.literals.setdefault(_on_the_wire(segment), _Node())
    if _PARAMETER.fullmatch(segment):
        node.parameter = node.parameter or _Node()
        return node.parameter
    mixed = _Mixed(tuple(_on_the_wire(part) for part in _PARAMETER.split(segment)))
    for known, child in node.mixed:
        if known == mixed:
            return child
    child = _Node[T]()
    node.mixed.append((mixed, child))
    node.mixed.sort(key=lambda entry: -entry[0].shortest)
    return child


def _descend(node: _Node[T], segments: list[str], depth: int) -> _Node[T] | None:
    # Each node of the tree has one way down to it, so that trying every branch visits no node twice.
    if depth == len(segments):
        return node if node.operations else None
    segment = segments[depth]
    literal = node.literals.get(segment)
    if literal and (found := _descend(literal, segments, depth + 1)):
        return found
    if not segment:  # OpenAPI: a path parameter is always required, so an empty segment is none
        return None
    for mixed, child in node.mixed:
        if mixed.fits(segment) and (found := _descend(child, segments, depth + 1)):
            return found
    return _descend(node.parameter, segments, depth + 1) if node.parameter else None


def _on_the_wire(literal: str) -> str:
    return quote(literal, safe=_UNESCAPED)
