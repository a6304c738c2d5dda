"""The grammar in which the tables of OpenAPI objects are written: what a field may hold.

Law: kinds are data; `structure.py` alone knows what to do with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openapi.finding import Words


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value, not looked into (examples, defaults, extensions)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one JSON type; perhaps one of a list; perhaps a number from `least` (or above `above`)."""

    type: str
    allowed: tuple[str, ...] = ()
    least: int | None = None
    above: int | None = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one kind."""

    item: Kind
    filled: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose field names are free (or match `names`), and whose values are of one kind."""

    item: Kind
    names: re.Pattern[str] | None = None
    names_words: Words | None = None
    names_rule: str = "name-not-allowed"
    filled: bool = False
    single: bool = False
    extensible: bool = False


@dataclass(frozen=True, slots=True)
class Object:
    """An object of the tables, by its name; `reference` allows `{"$ref": …}` in its place, `boolean` a boolean."""

    name: str
    reference: bool = False
    boolean: bool = False


Kind = Anything | Scalar | ListOf | MapOf | Object


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the specification.

    `closed` refuses fields that are not listed (but for "x-…"), unless `others` says what they hold;
    `keeps_reference` lets a `$ref` stand beside other fields; `required_when` rows are (field, value, required
    fields); `allowed_when` rows are (field, value, other field, its allowed values).
    """

    words: Words
    fields: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    one_of: tuple[str, ...] = ()
    required_when: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    allowed_when: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()
    others: Kind | None = None
    closed: bool = True
    keeps_reference: bool = False


Table = Mapping[str, Row]

STRING, BOOLEAN, NUMBER, ANY = Scalar("string"), Scalar("boolean"), Scalar("number"), Anything()
COUNT = Scalar("integer", least=0)
STRINGS = ListOf(STRING)


def one_of(*allowed: str) -> Scalar:
    """A string out of a list."""
    return Scalar("string", allowed)


def mapped(name: str) -> MapOf:
    """An object of free names whose values are `name` objects or references to them."""
    return MapOf(Object(name, reference=True))
