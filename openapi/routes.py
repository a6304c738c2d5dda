"""What the shape cannot tell about paths: templates, collisions, parameters, operationIds, tags, security.

Law: these are what a gateway and a reader need beyond the tables, one function per rule.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from openapi import pointers
from openapi.document import Document
from openapi.operations import Entry, entries, parameters_of, path_items
from openapi.report import Report
from openapi.rivals import PARAMETER, Rivals, shape_of
from openapi.shapes import mapping, sequence, string

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check_routes(report: Report) -> None:
    """Run every rule of this file."""
    document = report.document
    _operations_exist(report, document)
    _paths(report, document)
    _operation_ids(report, document)
    _tags(report, document)
    _security(report, document)
    for entry in entries(document):
        _path_parameters(report, document, entry)


def names_in(path: str) -> list[str]:
    """The parameter names of a path template, in order."""
    return [name for name in PARAMETER.findall(path) if name]


def _operations_exist(report: Report, document: Document) -> None:
    if next(entries(document), None) is None:
        report.add("no-operations", "/paths")


def _paths(report: Report, document: Document) -> None:
    rivals = Rivals()
    _each_path(report, document, rivals)
    if rivals.has_given_up:
        report.add("paths-not-compared", "/paths")


def _each_path(report: Report, document: Document, rivals: Rivals) -> None:
    first: dict[str, str] = {}
    for path, item in path_items(document):
        at = pointers.render(("paths", path))
        if set(PARAMETER.sub("", path)) & {"{", "}"} or "{}" in path:
            report.add("path-template", at, path=path)
        if _CONTROL.search(path):
            report.add("path-control-character", at, path=_CONTROL.sub("\N{REPLACEMENT CHARACTER}", path))
        shape = shape_of(path)
        if shape in first:
            report.add("path-collision", at, path=path, other=first[shape])
        elif rival := rivals.add(path):
            report.add("path-ambiguous", at, path=path, other=rival)
        first.setdefault(shape, path)
        if "?" in path or "#" in path:
            report.add("path-unreachable", at, path=path)
        names = names_in(path)
        for name in [name for name, times in Counter(names).items() if times > 1]:
            report.add("path-parameter-repeated", at, path=path, name=name)
        _parameter_list(report, document, at, item)


def _path_parameters(report: Report, document: Document, entry: Entry) -> None:
    _parameter_list(report, document, entry.pointer, entry.operation)
    declared = {string(node.get("name")) for node in parameters_of(entry, document) if node.get("in") == "path"}
    for name in dict.fromkeys(names_in(entry.path)):
        if name not in declared:
            report.add("path-parameter-undeclared", entry.pointer, name=name, method=entry.method.upper())


def _parameter_list(report: Report, document: Document, owner: str, node: dict[str, Any]) -> None:
    """The parameters of one path item or operation, which `owner` points at."""
    path = pointers.parse(owner)[1]
    in_path = set(names_in(path))
    seen: set[tuple[str, str]] = set()
    for index, listed in enumerate(sequence(node.get("parameters"))):
        parameter = document.follow(listed)
        name, location = string(parameter.get("name")), string(parameter.get("in"))
        at = f"{owner}/parameters/{index}"
        if name and (name, location) in seen:
            report.add("parameter-repeated", at, name=name, location=location)
        seen.add((name, location))
        if location == "path" and name not in in_path:
            report.add("path-parameter-unused", at, name=name, path=path)
        if location == "path" and parameter.get("required") is not True:
            report.add("path-parameter-optional", at, name=name)


def _operation_ids(report: Report, document: Document) -> None:
    first: dict[str, Entry] = {}
    for entry in entries(document):
        name = string(entry.operation.get("operationId"))
        if name in first:
            other = f"{first[name].method.upper()} {first[name].path}"
            report.add("operation-id-repeated", f"{entry.pointer}/operationId", name=name, other=other)
        elif name:
            first[name] = entry


def _tags(report: Report, document: Document) -> None:
    seen: set[str] = set()
    for index, tag in enumerate(sequence(document.tree.get("tags"))):
        name = string(mapping(tag).get("name"))
        if name and name in seen:
            report.add("tag-repeated", f"/tags/{index}", name=name)
        seen.add(name)


def _security(report: Report, document: Document) -> None:
    declared = mapping(mapping(document.tree.get("components")).get("securitySchemes"))
    owners = [("", document.tree), *((entry.pointer, entry.operation) for entry in entries(document))]
    for pointer, owner in owners:
        for index, need in enumerate(sequence(owner.get("security"))):
            for name in mapping(need):
                if name not in declared:
                    report.add("security-undeclared", f"{pointer}/security/{index}/{pointers.escape(name)}", name=name)
