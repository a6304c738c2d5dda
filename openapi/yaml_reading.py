"""YAML text to plain data, with a place for each value.

Law: nothing here recurses, and nothing grows beyond the limits: values, aliases and depth are counted while the C
parser's events arrive. PyYAML's own constructors read YAML 1.1, so none of them is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import ReaderError

from openapi import pointers, yaml_scalars
from openapi.document import Place
from openapi.faults import FAULTS
from openapi.finding import MAX_FINDINGS, Finding
from openapi.reading import MAX_ALIASED, MAX_DEPTH, MAX_NAME, MAX_VALUES, Reading, Unreadable, unreadable

_MAP_TAGS = frozenset({None, "!", yaml_scalars.PREFIX + "map"})
_SEQ_TAGS = frozenset({None, "!", yaml_scalars.PREFIX + "seq"})
_MERGE = object()


@dataclass(frozen=True, slots=True)
class _Known:
    """The place of the root; YAML places are made while reading."""

    place: Place

    def root(self) -> Place:
        return self.place


@dataclass(slots=True)
class _Node:
    """A value, growing or finished: its data and place, how many values and levels it unfolds to."""

    value: Any
    place: Place
    anchor: str | None = None
    size: int = 1
    height: int = 0
    key: Any = None
    key_place: tuple[int, int] | None = None
    merged: list[_Node] = field(default_factory=list)


def read_yaml(text: str) -> Reading:
    """The one YAML document in `text`; Unreadable says what is wrong with it and where."""
    try:
        return _Builder().build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark and error.context_mark and not text[mark.index :].strip():
            mark = error.context_mark  # what is missed at the end was begun there
        raise unreadable("yaml-syntax", (mark.line + 1, mark.column + 1) if mark else (1, 1)) from error
    except ReaderError as error:
        # YAML 1.2.2 §5.1: only printable characters; the reader gives an offset instead of a mark.
        before = text[: error.position]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise unreadable("unstorable-character", place) from error


class _Builder:
    """Events in, one tree out; keeps the open containers on a stack of its own."""

    def __init__(self) -> None:
        self.open: list[_Node] = []
        self.root: _Node | None = None
        self.anchors: dict[str, _Node | None] = {}
        self.values = 0
        self.aliased = 0
        self.documents = 0
        self.findings: list[Finding] = []

    def build(self, text: str) -> Reading:
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start_mapping,
            yaml.SequenceStartEvent: self._start_sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
        }
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        root = self.root or _Node(None, Place(1, 1))
        return Reading(root.value, _Known(Place(1, 1, root.place.inside)), tuple(self.findings))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise unreadable("yaml-several-documents", _at(event))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(event)
        place = _at(event)
        if "\0" in event.value:
            raise self._refuse("unstorable-character", place)
        if self._wants_key():
            self._check_tag(event, yaml_scalars.TAGS | {None, "!"})
            # `200:` and `on:` are names; a plain `<<` is YAML 1.1's merge key, still common in documents.
            self._name(_MERGE if event.value == "<<" and event.implicit[0] else event.value, place)
            return
        self._attach(_Node(self._value(event, place), Place(*place), event.anchor))

    def _value(self, event: yaml.ScalarEvent, place: tuple[int, int]) -> yaml_scalars.Scalar:
        try:
            if event.tag in (None, "!"):
                plain = event.implicit[0] and event.tag is None
                return yaml_scalars.plain(event.value) if plain else str(event.value)
            self._check_tag(event, yaml_scalars.TAGS)
            return yaml_scalars.tagged(event.tag, event.value)
        except yaml_scalars.NotANumber as error:
            raise self._refuse("not-a-number", place, number=event.value) from error
        except ValueError as error:
            raise self._refuse("yaml-syntax", place) from error

    def _start_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._start(event, _MAP_TAGS, _Node({}, Place(*_at(event), {}), event.anchor))

    def _start_sequence(self, event: yaml.SequenceStartEvent) -> None:
        self._start(event, _SEQ_TAGS, _Node([], Place(*_at(event), []), event.anchor))

    def _start(self, event: yaml.CollectionStartEvent, tags: frozenset[str | None], node: _Node) -> None:
        self._count(event)
        self._check_tag(event, tags)
        if self._wants_key():
            raise self._refuse("yaml-key", _at(event))
        if len(self.open) >= MAX_DEPTH:
            raise self._refuse("too-deep", _at(event), limit=MAX_DEPTH)
        if node.anchor is not None:
            self.anchors[node.anchor] = None  # still open: an alias to it now would contain itself
        self.open.append(node)

    def _end(self, _event: yaml.CollectionEndEvent) -> None:
        node = self.open.pop()
        for merged in node.merged:
            for name, value in merged.value.items():
                if name not in node.value:
                    node.value[name] = value
                    node.place.inside[name] = merged.place.inside[name]  # type: ignore[index]  # both are mappings
        self._attach(node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = _at(event)
        if event.anchor not in self.anchors:
            raise self._refuse("yaml-unknown-alias", place, alias=event.anchor)
        target = self.anchors[event.anchor]
        if target is None:
            raise self._refuse("yaml-recursive-alias", place, alias=event.anchor)
        self.aliased += target.size
        if self.aliased > MAX_ALIASED:
            raise self._refuse("alias-explosion", place, limit=MAX_ALIASED)
        if len(self.open) + target.height > MAX_DEPTH:
            raise self._refuse("too-deep", place, limit=MAX_DEPTH)
        if self._wants_key():
            if not isinstance(target.value, str):
                raise self._refuse("yaml-key", place)
            self._name(target.value, place)
            return
        self._attach(_Node(target.value, Place(*place, target.place.inside), None, target.size, target.height))

    def _wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key_place is None

    def _name(self, key: object, place: tuple[int, int]) -> None:
        if isinstance(key, str) and len(key) > MAX_NAME:
            raise self._refuse("name-too-long", place, limit=MAX_NAME)
        mapping = self.open[-1]
        mapping.key, mapping.key_place = key, place
        if key is not _MERGE and key in mapping.value and len(self.findings) < MAX_FINDINGS:
            pointer = self._pointer()
            self.findings.append(FAULTS["duplicate-key"].at(pointer, place, name=key))

    def _attach(self, node: _Node) -> None:
        if node.anchor is not None:
            self.anchors[node.anchor] = node
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.value, list):
            parent.value.append(node.value)
            parent.place.inside.append(node.place)  # type: ignore[union-attr]  # a list's places are a list
            return
        key, place = parent.key, parent.key_place or (1, 1)
        parent.key, parent.key_place = None, None
        if key is _MERGE:
            self._merge(parent, node, place)
        else:
            parent.value[key] = node.value
            parent.place.inside[key] = Place(*place, node.place.inside)  # type: ignore[index]  # a mapping's are a dict

    def _merge(self, parent: _Node, node: _Node, place: tuple[int, int]) -> None:
        values, places = (
            (node.value, node.place.inside) if isinstance(node.value, list) else ([node.value], [node.place])
        )
        for value, inside in zip(values, places, strict=True):  # type: ignore[arg-type]  # as long as each other
            if not isinstance(value, dict):
                raise self._refuse("yaml-merge", place)
            parent.merged.append(_Node(value, inside))  # type: ignore[arg-type]  # a place per value

    def _count(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._refuse("too-many-values", _at(event), limit=MAX_VALUES)

    def _check_tag(self, event: Any, allowed: frozenset[str | None] | frozenset[str]) -> None:
        if event.tag not in allowed:
            raise self._refuse("yaml-tag", _at(event), tag=event.tag)

    def _refuse(self, rule: str, place: tuple[int, int], **facts: object) -> Unreadable:
        return unreadable(rule, place, self._pointer(), **facts)

    def _pointer(self) -> str:
        tokens = (node.key if isinstance(node.value, dict) else len(node.value) for node in self.open)
        return pointers.render("<<" if token is _MERGE else str(token) for token in tokens if token is not None)


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
