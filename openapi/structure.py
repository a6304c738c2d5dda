"""Walks a document along the tables: every field is known, present where required, and of its kind.

Law: nothing about OpenAPI is written here, only in the tables; each `$ref` met is noted for `references.py`, and each
schema met from outside a schema for `meta_schema.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openapi import pointers
from openapi.faults import TYPE_WORDS, type_of
from openapi.finding import Words
from openapi.kinds import Anything, Kind, ListOf, MapOf, Object, Row, Scalar, Table
from openapi.report import Report

_ABOVE = Words("more than {0}", "supérieur à {0}")
_LEAST = Words("at least {0}", "d’au moins {0}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A `$ref` met on the way: where it stands, what it says, the object it stands for."""

    pointer: str
    target: str
    object: str


@dataclass(slots=True)
class Walk:
    """What one walk over a document met."""

    report: Report
    table: Table
    references: list[Reference] = field(default_factory=list)
    visited: set[tuple[str, str]] = field(default_factory=set)
    schemas: list[tuple[str, Any]] = field(default_factory=list)

    def object(self, node: Any, pointer: str, kind: Object, owner: str = "") -> None:
        """Check `node` as an object of the table (or a reference to one)."""
        if kind.boolean and isinstance(node, bool):
            return
        if not isinstance(node, dict):
            self._wrong_type(node, pointer, "schema" if kind.boolean else "object")
            return
        row = self.table[kind.name]
        if "$ref" in node and (kind.reference or row.keeps_reference):
            self._reference(node["$ref"], pointer, kind.name)
            if not row.keeps_reference:
                return
        if (pointer, kind.name) in self.visited or self.report.full:
            return
        self.visited.add((pointer, kind.name))
        if kind.name == "schema" != owner:
            self.schemas.append((pointer, node))
        self._row(node, pointer, row, kind.name)

    def _reference(self, target: Any, pointer: str, name: str) -> None:
        if isinstance(target, str):
            self.references.append(Reference(pointer, target, name))
        else:
            self._wrong_type(target, pointer + "/$ref", "string")

    def _row(self, node: dict[str, Any], pointer: str, row: Row, name: str) -> None:
        for field_name, value in node.items():
            inside = f"{pointer}/{pointers.escape(field_name)}"
            kind = row.fields.get(field_name, row.others)
            if field_name in row.fields or (kind is not None and not field_name.startswith("x-")):
                self._kind(value, inside, kind, field_name, name)
            elif row.closed and not field_name.startswith("x-") and not (field_name == "$ref" and row.keeps_reference):
                self.report.add("field-unknown", inside, name=field_name, owner=row.words)
        self._required(node, pointer, row)
        self._together(node, pointer, row)

    def _required(self, node: dict[str, Any], pointer: str, row: Row) -> None:
        needed = list(row.required)
        for name, value, names in row.required_when:
            needed += names if node.get(name) == value else ()
        for name in needed:
            if name not in node:
                self.report.add("field-missing", pointer, name=name, owner=row.words)
        if row.one_of and not any(name in node for name in row.one_of):
            self.report.add("one-of-fields-missing", pointer, names=", ".join(row.one_of), owner=row.words)

    def _together(self, node: dict[str, Any], pointer: str, row: Row) -> None:
        for first, second in row.exclusive:
            if first in node and second in node:
                self.report.add("fields-exclusive", f"{pointer}/{second}", first=first, second=second, owner=row.words)
        for name, value, other, allowed in row.allowed_when:
            if node.get(name) == value and other in node and node[other] not in allowed:
                self._not_allowed(node[other], f"{pointer}/{other}", allowed)

    def _kind(self, value: Any, pointer: str, kind: Kind | None, name: str, owner: str) -> None:
        if isinstance(kind, Scalar):
            self._scalar(value, pointer, kind, name)
        elif isinstance(kind, Object):
            self.object(value, pointer, kind, owner)
        elif isinstance(kind, ListOf):
            self._list(value, pointer, kind, name, owner)
        elif isinstance(kind, MapOf):
            self._map(value, pointer, kind, name, owner)
        elif not isinstance(kind, Anything | None):
            raise TypeError(kind)

    def _scalar(self, value: Any, pointer: str, kind: Scalar, name: str) -> None:
        if not _is(value, kind.type):
            self._wrong_type(value, pointer, kind.type)
        elif kind.allowed and value not in kind.allowed:
            self._not_allowed(value, pointer, kind.allowed)
        elif kind.least is not None and value < kind.least:
            self.report.add("number-out-of-range", pointer, name=name, expected=_limit(_LEAST, kind.least))
        elif kind.above is not None and value <= kind.above:
            self.report.add("number-out-of-range", pointer, name=name, expected=_limit(_ABOVE, kind.above))

    def _list(self, value: Any, pointer: str, kind: ListOf, name: str, owner: str) -> None:
        if not isinstance(value, list):
            self._wrong_type(value, pointer, "array")
            return
        if kind.filled and not value:
            self.report.add("too-few", pointer, name=name)
        if kind.unique and len(set(map(repr, value))) < len(value):
            self.report.add("value-repeated", pointer, name=name)
        if not isinstance(kind.item, Anything):
            for index, item in enumerate(value):
                self._kind(item, f"{pointer}/{index}", kind.item, name, owner)

    def _map(self, value: Any, pointer: str, kind: MapOf, name: str, owner: str) -> None:
        if not isinstance(value, dict):
            self._wrong_type(value, pointer, "object")
            return
        if kind.filled and not value:
            self.report.add("too-few", pointer, name=name)
        if kind.single and len(value) != 1:
            self.report.add("not-one", pointer, name=name)
        for key, item in value.items():
            inside = f"{pointer}/{pointers.escape(key)}"
            if kind.extensible and key.startswith("x-"):
                continue
            if kind.names is not None and not kind.names.fullmatch(key):
                self.report.add(kind.names_rule, inside, name=key, expected=kind.names_words)
            self._kind(item, inside, kind.item, key, owner)

    def _wrong_type(self, value: Any, pointer: str, expected: str) -> None:
        name = (pointers.parse(pointer) or ("",))[-1]
        self.report.add(
            "wrong-type", pointer, name=name, expected=TYPE_WORDS[expected], found=TYPE_WORDS[type_of(value)]
        )

    def _not_allowed(self, value: Any, pointer: str, allowed: tuple[str, ...]) -> None:
        name = pointers.parse(pointer)[-1]
        self.report.add("value-not-allowed", pointer, name=name, value=value, allowed=", ".join(allowed))


def _is(value: Any, expected: str) -> bool:
    found = type_of(value)
    if found == "number" and expected == "integer":
        return bool(value == int(value))  # JSON Schema: 1.0 is an integer
    return found == expected or (found == "integer" and expected == "number")


def _limit(words: Words, number: int) -> Words:
    return Words(words.en.format(number), words.fr.format(number))
