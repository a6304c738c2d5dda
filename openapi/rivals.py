"""Which paths of a document are the same one written twice, and which two could match the same call.

Law: a path is compared as a service reads it, so `/a` and `/%61` are one (RFC 3986 §6.2.2). To look costs a bounded
number of steps, whatever paths a document has.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from urllib.parse import quote

PARAMETER = re.compile(r"\{([^{}]*)\}")

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_ANY = "{}"
_MOST_STEPS = 100_000


def shape_of(path: str) -> str:
    """The path as a service reads it, its parameters without their names: what collides has the same shape."""
    literals = [_plain(part) for part in PARAMETER.split(path)[::2]]
    return _ANY.join(literals)


@dataclass(slots=True)
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    path: str = ""


class Rivals:
    """The paths seen so far, as a tree of their segments."""

    def __init__(self) -> None:
        self._root = _Node()
        self._steps = _MOST_STEPS

    @property
    def has_given_up(self) -> bool:
        """Whether some paths were not looked at, for there was too much to compare."""
        return self._steps < 0

    def add(self, path: str) -> str:
        """An earlier path that some calls fit as well as this one, neither being the more concrete; "" if none is.

        Of `/b/{x}/c` and `/b/d/{y}` each has a fixed segment where the other has a parameter (OpenAPI 3.1 §4.8.8.2:
        "in case of ambiguous matching, it's up to the tooling to decide which one to use").
        """
        segments = shape_of(path).split("/")
        rival = self._rival(self._root, segments, 0, ours=False, theirs=False)
        node = self._root
        for segment in segments:
            node = node.below.setdefault(segment, _Node())
        node.path = node.path or path
        return rival

    def _rival(self, node: _Node, segments: list[str], depth: int, *, ours: bool, theirs: bool) -> str:
        """`ours` and `theirs`: who had a fixed segment where the other has a parameter, so far."""
        self._steps -= 1
        if self._steps < 0:
            return ""
        if depth == len(segments):
            return node.path if ours and theirs else ""
        segment = segments[depth]
        for other, below in node.below.items():
            if segment == other or (_ANY in {segment, other} and segment and other):
                ahead = {"ours": ours or (other == _ANY != segment), "theirs": theirs or (segment == _ANY != other)}
                if rival := self._rival(below, segments, depth + 1, **ahead):
                    return rival
        return ""


def _plain(literal: str) -> str:
    wire = quote(literal, safe="/%!$&'()*+,;=:@-._~{}?#")
    return _ESCAPED.sub(_unescaped, wire)


def _unescaped(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
