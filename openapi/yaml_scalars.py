"""Plain YAML scalars to values, by the core schema of YAML 1.2 (§10.3.2).

Law: what YAML 1.1 read otherwise stays text here: "on", "yes", 12:30:00, 2026-11-22; and 012 is twelve.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from openapi.reading import MAX_DIGITS

Scalar = str | int | float | bool | None

PREFIX = "tag:yaml.org,2002:"

_PLAIN: tuple[tuple[str, re.Pattern[str], Callable[[str], Scalar]], ...] = (
    ("null", re.compile(r"~|null|Null|NULL|"), lambda _text: None),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    ("int", re.compile(r"[-+]?[0-9]+"), int),
    ("int", re.compile(r"0o[0-7]+"), lambda text: int(text, 0)),
    ("int", re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    ("float", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    ("float", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)
_FIRST_LETTERS = frozenset("~nNtTfF-+.0123456789")
TAGS = frozenset(PREFIX + name for name in ("null", "bool", "int", "float", "str"))


class NotANumber(ValueError):  # noqa: N818 - named for what was found
    """A number that JSON cannot hold: not finite, or too long."""


def plain(text: str) -> Scalar:
    """The value of an untagged plain scalar; NotANumber if it is one that JSON cannot hold."""
    if text and text[0] not in _FIRST_LETTERS:
        return text
    for _tag, pattern, make in _PLAIN:
        if pattern.fullmatch(text):
            return _finite(text, make)
    return text


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with one of TAGS; ValueError if the text does not suit the tag."""
    if tag == PREFIX + "str":
        return text
    for name, pattern, make in _PLAIN:
        if tag == PREFIX + name and pattern.fullmatch(text):
            return _finite(text, make)
    raise ValueError(f"not a value of {tag}")


def whole(text: str) -> int:
    """A whole number; NotANumber beyond MAX_DIGITS (Python itself refuses beyond 4,300 digits)."""
    if len(text) > MAX_DIGITS:
        raise NotANumber(text)
    return int(text)


def real(text: str) -> float:
    """A finite real number; NotANumber for 1e999 and its like."""
    number = float(text)
    if not math.isfinite(number):
        raise NotANumber(text)
    return number


def _finite(text: str, make: Callable[[str], Scalar]) -> Scalar:
    if len(text) > MAX_DIGITS:
        raise NotANumber(text)
    value = make(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise NotANumber(text)
    return value
