"""The operations of a document, in its own order: the cheap listing, and the walk that the other files share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi import pointers
from openapi.document import Document
from openapi.shapes import mapping, sequence, string

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LONGEST_SLUG = 100


@dataclass(frozen=True, slots=True)
class OperationKey:
    """What an operation is called: method in capitals, path template, operationId ("" if none), summary, slug."""

    method: str
    path: str
    operation_id: str
    summary: str
    slug: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation as it stands in the tree: `method` in small letters, its path item (resolved) and its pointer."""

    method: str
    path: str
    pointer: str
    item: dict[str, Any]
    operation: dict[str, Any]


def path_items(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path templates with their path items, `$ref` of a path item resolved (its siblings win)."""
    for path, item in mapping(document.tree.get("paths")).items():
        if path.startswith("/"):
            yield path, {**document.follow(item), **mapping(item)}


def entries(document: Document) -> Iterator[Entry]:
    """Every operation under `paths`."""
    for path, item in path_items(document):
        for method in item:
            if method in METHODS and isinstance(item[method], dict):
                yield Entry(method, path, pointers.render(("paths", path, method)), item, item[method])


def operations(document: Document) -> tuple[OperationKey, ...]:
    """All operations of a document, in its order, with the slugs that `outline` uses too."""
    taken: set[str] = set()
    return tuple(_key(entry, taken) for entry in entries(document))


def parameters_of(entry: Entry, document: Document) -> list[dict[str, Any]]:
    """The operation's parameters with its path item's; an operation's own replaces one of the same name and place."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for listed in (entry.item.get("parameters"), entry.operation.get("parameters")):
        for node in sequence(listed):
            parameter = document.follow(node)
            if string(parameter.get("name")):
                found[parameter["name"], string(parameter.get("in"))] = parameter
    return list(found.values())


def _key(entry: Entry, taken: set[str]) -> OperationKey:
    operation_id = string(entry.operation.get("operationId"))
    slug = _unique(_slug(operation_id) or _slug(f"{entry.method}-{entry.path}") or entry.method, taken)
    return OperationKey(entry.method.upper(), entry.path, operation_id, string(entry.operation.get("summary")), slug)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:_LONGEST_SLUG].rstrip("-")


def _unique(slug: str, taken: set[str]) -> str:
    # Case is no difference: some readers' bookmarks and some servers' caches do not keep it.
    candidate, number = slug, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{slug}-{number}"
    taken.add(candidate.lower())
    return candidate
