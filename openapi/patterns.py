r"""A text that matches a simple regular expression: literals, classes, \d \w \s, quantifiers, anchors.

Law: the pattern is read, never run, so a hostile one costs nothing; what is not simple has no answer (None).
"""

from __future__ import annotations

import re

_LONGEST_PATTERN = 200
_MOST_REPEATS = 64
_ESCAPES = {"d": "1", "w": "a", "s": " ", "t": "\t", "n": "\n"}
_ATOM = re.compile(
    r"""
    (?P<anchor>\^|\$)
  | (?P<set>\[(?P<negated>\^?)(?P<inside>(?:\\.|[^\]\\])+)\])
  | \\(?P<escape>[dwstn])
  | \\(?P<quoted>[^A-Za-z0-9])
  | (?P<dot>\.)
  | (?P<literal>[^\\()|?*+{}\[\]^$.])
    """,
    re.VERBOSE,
)
_QUANTIFIER = re.compile(r"(?:\{(?P<least>\d{1,4})(?:,\d{0,4})?\}|(?P<sign>[?*+]))\??")
_UNWANTED_LEAST = {"?": 0, "*": 0, "+": 1}


def text_matching(pattern: str) -> str | None:
    """A short text that `pattern` matches; None when the pattern is not simple (groups, choices, negated sets)."""
    if len(pattern) > _LONGEST_PATTERN:
        return None
    result, at = "", 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        letter = _letter(atom) if atom else None
        if atom is None or letter is None:
            return None
        least, at = _least(pattern, atom.end())
        if least > _MOST_REPEATS:
            return None
        result += letter * least
    return result or None


def _letter(atom: re.Match[str]) -> str | None:
    if atom["anchor"]:
        return ""
    if atom["set"]:
        return None if atom["negated"] else _first_of(atom["inside"])
    if atom["escape"]:
        return _ESCAPES[atom["escape"]]
    return "a" if atom["dot"] else (atom["quoted"] or atom["literal"])


def _first_of(inside: str) -> str | None:
    if not inside.startswith("\\"):
        return inside[0]
    return _ESCAPES.get(inside[1], None if inside[1].isalnum() else inside[1])


def _least(pattern: str, at: int) -> tuple[int, int]:
    found = _QUANTIFIER.match(pattern, at)
    if found is None:
        return 1, at
    return (int(found["least"]) if found["least"] else _UNWANTED_LEAST[found["sign"]]), found.end()
