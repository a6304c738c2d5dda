"""JSON text to plain data; places are worked out only when a finding asks for one.

Law: `json` reads the values (it is C and fast); the scanner below only tells where they stand, on text already
known to be JSON.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from openapi import pointers
from openapi.document import Place
from openapi.faults import FAULTS
from openapi.finding import MAX_FINDINGS, Finding
from openapi.reading import MAX_DEPTH, MAX_NAME, MAX_VALUES, Reading, unreadable
from openapi.yaml_scalars import NotANumber, real, whole

# RFC 8259 §7: an escape that may hide a null character or a lone surrogate; only then are all strings looked at.
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


class JsonPlaces:
    """The places of a JSON text, scanned at the first question and kept."""

    __slots__ = ("_root", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Place | None = None

    def root(self) -> Place:
        """The place of the whole document."""
        if self._root is None:
            self._root, _ = _Scanner(self._text).scan()
        return self._root


def read_json(text: str) -> Reading:
    """The data of `text`; Unreadable says what is wrong with it and where."""
    repeated: list[bool] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            repeated.append(True)
        return result

    try:
        tree = json.loads(
            text, object_pairs_hook=mapping, parse_constant=_refuse_constant, parse_int=whole, parse_float=real
        )
    except json.JSONDecodeError as error:
        raise unreadable("json-syntax", (error.lineno, error.colno)) from error
    except RecursionError as error:
        raise unreadable("too-deep", limit=MAX_DEPTH) from error
    except NotANumber as error:
        number = str(error)
        raise unreadable("not-a-number", _token_place(text, number), number=number) from error
    _measure(tree, text)
    places = JsonPlaces(text)
    if _SUSPICIOUS.search(text):
        _refuse_unstorable(tree, places)
    return Reading(tree, places, _Scanner(text).scan()[1] if repeated else ())


def _refuse_constant(name: str) -> NoReturn:
    # RFC 8259 §6: "Numeric values that cannot be represented … (such as Infinity and NaN) are not permitted."
    raise NotANumber(name)


def _token_place(text: str, lexeme: str) -> tuple[int, int]:
    lines = _line_starts(text)
    offset = next((token.start() for token in _TOKEN.finditer(text) if token.group() == lexeme), 0)
    return _place(lines, offset)


def _measure(tree: Any, text: str) -> None:
    level, depth, values = [tree], 0, 1
    while level:
        names = [name for node in level if isinstance(node, dict) for name in node if len(name) > MAX_NAME]
        if names:
            raise unreadable("name-too-long", _token_place(text, json.dumps(names[0])), limit=MAX_NAME)
        inside: list[Any] = []
        for node in level:
            inside.extend(node.values() if isinstance(node, dict) else node)
        values += len(inside)
        level = [node for node in inside if isinstance(node, dict | list)]
        depth += 1
        if depth > MAX_DEPTH:
            raise unreadable("too-deep", limit=MAX_DEPTH)
        if values > MAX_VALUES:
            raise unreadable("too-many-values", limit=MAX_VALUES)


def _refuse_unstorable(tree: Any, places: JsonPlaces) -> None:
    for tokens, string in _strings((), tree):
        if "\0" in string or any("\ud800" <= letter <= "\udfff" for letter in string):
            shown = pointers.render(token if isinstance(token, int) else _storable(token) for token in tokens)
            raise unreadable("unstorable-character", _deepest(places.root(), tokens), shown)


def _storable(token: str) -> str:
    return token.encode(errors="replace").decode().replace("\0", "?")


def _deepest(place: Place, tokens: tuple[str | int, ...]) -> tuple[int, int]:
    for token in tokens:
        if place.inside is None:
            break
        place = place.inside[token]  # type: ignore[index]  # the tokens come from the same text
    return place.line, place.column


def _strings(tokens: tuple[str | int, ...], node: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, str):
        yield tokens, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield (*tokens, key), key
            yield from _strings((*tokens, key), value)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _strings((*tokens, index), value)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]


def _place(starts: list[int], offset: int) -> tuple[int, int]:
    line = bisect.bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


class _Scanner:
    """Walks the tokens of a JSON text with a stack of its own, and notes places and repeated names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = _line_starts(text)
        self.open: list[dict[str, Place] | list[Place]] = []
        self.keys: list[str | None] = []
        self.key_at = (1, 1)
        self.root = Place(1, 1)
        self.findings: list[Finding] = []

    def scan(self) -> tuple[Place, tuple[Finding, ...]]:
        for token in _TOKEN.finditer(self.text):
            lexeme = token.group()
            if lexeme in "]}":
                self.open.pop()
                self.keys.pop()
                self._value_done()
            elif lexeme not in ",:":
                self._lexeme(lexeme, _place(self.starts, token.start()))
        return self.root, tuple(self.findings)

    def _lexeme(self, lexeme: str, at: tuple[int, int]) -> None:
        if self.open and isinstance(self.open[-1], dict) and self.keys[-1] is None:
            self._key(json.loads(lexeme) if "\\" in lexeme else lexeme[1:-1], at)
        elif lexeme == "{":
            self._enter({}, at)
        elif lexeme == "[":
            self._enter([], at)
        else:
            self._add(Place(*self._where(at)))
            self._value_done()

    def _key(self, key: str, at: tuple[int, int]) -> None:
        self.keys[-1] = key
        self.key_at = at
        if key in self.open[-1] and len(self.findings) < MAX_FINDINGS:
            tokens = [
                key if key is not None else len(inside) - 1 for key, inside in zip(self.keys, self.open, strict=True)
            ]
            self.findings.append(FAULTS["duplicate-key"].at(pointers.render(tokens), at, name=key))

    def _enter(self, inside: dict[str, Place] | list[Place], at: tuple[int, int]) -> None:
        self._add(Place(*(self._where(at) if self.open else (1, 1)), inside))
        self.open.append(inside)
        self.keys.append(None)

    def _add(self, place: Place) -> None:
        if not self.open:
            self.root = place
        elif isinstance(inside := self.open[-1], dict):
            inside[self.keys[-1] or ""] = place
        else:
            inside.append(place)

    def _where(self, at: tuple[int, int]) -> tuple[int, int]:
        return self.key_at if self.open and isinstance(self.open[-1], dict) else at

    def _value_done(self) -> None:
        if self.keys:
            self.keys[-1] = None
