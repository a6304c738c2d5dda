"""Document: an OpenAPI document in memory, with a line for each of its values.

Law: a document never changes after loading, and reading it never fetches anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from openapi import pointers

Format = Literal["yaml", "json"]
MAX_CHAIN = 32  # references that may follow each other before an object is reached


class Place(NamedTuple):
    """Where a value stands (1-based line and column of its key), and the places of what it contains."""

    line: int
    column: int
    inside: dict[str, Place] | list[Place] | None = None


class Places(Protocol):
    """Finds the place of every value; may work it out only when first asked."""

    def root(self) -> Place:
        """The place of the whole document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A loaded document; made by `loading.load`, which has already checked size, syntax and version."""

    tree: dict[str, Any]
    version: str
    minor: int
    text: str = field(repr=False)
    format: Format
    places: Places = field(repr=False, compare=False)

    def position_of(self, pointer: str) -> tuple[int, int]:
        """Line and column (from 1) of the value at `pointer`, or of its nearest ancestor that exists."""
        place = self.places.root()
        for token in pointers.parse(pointer):
            inside = _inside(place, token)
            if inside is None:
                break
            place = inside
        return place.line, place.column

    def line_of(self, pointer: str) -> int:
        """The line (from 1) of the value at `pointer`."""
        return self.position_of(pointer)[0]

    def resolve(self, reference: str) -> Any:
        """The value that a local `$ref` points at; NoSuchValue if there is none or it is not local."""
        try:
            return pointers.find(self.tree, pointers.of_reference(reference))
        except ValueError as error:
            raise pointers.NoSuchValue(reference) from error

    def follow(self, node: Any) -> dict[str, Any]:
        """The object behind `node`, through any number of `$ref`s; empty if they lead nowhere or in a circle."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            if reference in seen or len(seen) > MAX_CHAIN:
                return {}
            seen.add(reference)
            try:
                node = self.resolve(reference)
            except pointers.NoSuchValue:
                return {}
        return node if isinstance(node, dict) else {}


def _inside(place: Place, token: str) -> Place | None:
    inside = place.inside
    if isinstance(inside, dict):
        return inside.get(token)
    if inside and token.isascii() and token.isdigit() and len(token) <= 9 and int(token) < len(inside):
        return inside[int(token)]
    return None
