"""The `$ref`s of a document: inside it, found, and leading to an object of the right kind.

Law: nothing is ever fetched. A recursive schema is fine; references that only lead to each other are not.
"""

from __future__ import annotations

from typing import Any

from openapi import pointers
from openapi.document import MAX_CHAIN
from openapi.kinds import Object
from openapi.structure import Reference, Walk


def check_references(walk: Walk) -> None:
    """Report each bad reference of a walk; check as their kind the targets that the walk did not meet as such."""
    done: set[Reference] = set()
    position = 0
    # Checking a target may meet more references: the list grows while it is read.
    while position < len(walk.references) and not walk.report.full:
        reference = walk.references[position]
        position += 1
        if reference not in done:
            done.add(reference)
            _check(walk, reference)


def _check(walk: Walk, reference: Reference) -> None:
    at = reference.pointer + "/$ref"
    if not pointers.is_local(reference.target):
        inside = reference.target.startswith("#")
        walk.report.add("reference-not-pointer" if inside else "reference-remote", at, reference=reference.target)
        return
    try:
        target = walk.report.document.resolve(reference.target)
    except pointers.NoSuchValue:
        walk.report.add("reference-missing", at, reference=reference.target)
        return
    unended = _unended(walk, target)
    if unended:
        walk.report.add(unended, at, reference=reference.target, limit=MAX_CHAIN)
        return
    boolean = reference.object == "schema" and walk.report.document.minor > 0
    kind = Object(reference.object, reference=True, boolean=boolean)
    walk.object(target, pointers.of_reference(reference.target), kind)


def _unended(walk: Walk, node: Any) -> str:
    """The rule that plain `$ref`s from `node` break if they never reach an object (a lone `$ref` is no object)."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(target := node.get("$ref"), str) and _only_refers(node, walk):
        if target in seen:
            return "reference-circle"
        if len(seen) == MAX_CHAIN:
            return "reference-chain"
        seen.add(target)
        try:
            node = walk.report.document.resolve(target)
        except pointers.NoSuchValue:
            return ""  # that reference is reported where it stands
    return ""


def _only_refers(node: dict[str, Any], walk: Walk) -> bool:
    # OpenAPI 3.0.4 §4.7.23: what stands beside a $ref "SHALL be ignored"; in 3.1 it counts, for schemas.
    return walk.report.document.minor == 0 or len(node) == 1
