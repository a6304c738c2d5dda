"""What stands in front of an API's service may refuse calls that its document promises; here are the warnings.

Law: what is refused is told by the front; nothing about any gateway is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from openapi import pointers
from openapi.document import Document
from openapi.operations import Entry, entries, path_items
from openapi.report import Report
from openapi.shapes import mapping, sequence, string


def _none(_template: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Front:
    """What a front refuses: names in a query (small letters), methods (capitals), and path templates."""

    query_names: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    refuses_path: Callable[[str], bool] = _none


def check_front(report: Report, front: Front) -> None:
    """Warn about everything that the document declares and the front refuses."""
    document = report.document
    for path, _item in path_items(document):
        if front.refuses_path(path):
            report.add("path-refused", pointers.render(("paths", path)), path=path)
    for entry in entries(document):
        if entry.method.upper() in front.methods:
            report.add("method-refused", entry.pointer, method=entry.method.upper())
    for name, places in _keys_in_query(document, front).items():
        report.add("key-in-query", places[0], name=name, count=len(places))
    for scheme, name in _needed_schemes(document, front):
        pointer = pointers.render(("components", "securitySchemes", scheme))
        report.add("scheme-in-query", pointer, name=scheme, parameter=name)


def _keys_in_query(document: Document, front: Front) -> dict[str, list[str]]:
    """Where each refused name is required: told once a name, since the documents tried have one in every operation."""
    found: dict[str, list[str]] = {}
    for entry in entries(document):
        for name, pointer in dict(_needed_in_query(document, entry)).items():
            if name.lower() in front.query_names:
                found.setdefault(name, []).append(pointer)
    return found


def _needed_in_query(document: Document, entry: Entry) -> Iterator[tuple[str, str]]:
    """Name and pointer of each query parameter that the operation requires, shared ones where they are declared."""
    for owner, at in ((entry.item, pointers.render(("paths", entry.path))), (entry.operation, entry.pointer)):
        for index, node in enumerate(sequence(owner.get("parameters"))):
            parameter = document.follow(node)
            if parameter.get("in") == "query" and parameter.get("required") is True:
                reference = string(mapping(node).get("$ref"))
                pointer = pointers.of_reference(reference) if reference else f"{at}/parameters/{index}"
                yield string(parameter.get("name")), pointer


def _needed_schemes(document: Document, front: Front) -> Iterator[tuple[str, str]]:
    """Refused schemes, with the names of their parameters, without which some operation cannot be called."""
    refused = dict(_refused_schemes(document, front))
    needed: dict[str, str] = {}
    for entry in entries(document):
        needs = [mapping(need) for need in sequence(entry.operation.get("security", document.tree.get("security")))]
        if all(refused.keys() & need.keys() for need in needs):
            needed |= {name: refused[name] for need in needs for name in need if name in refused}
    yield from needed.items()


def _refused_schemes(document: Document, front: Front) -> Iterator[tuple[str, str]]:
    for name, node in mapping(mapping(document.tree.get("components")).get("securitySchemes")).items():
        scheme: dict[str, Any] = document.follow(node)
        parameter = string(scheme.get("name"))
        if (scheme.get("type"), scheme.get("in")) == ("apiKey", "query") and parameter.lower() in front.query_names:
            yield name, parameter
