"""A schema as it reads once its `$ref`s are followed and its `allOf` is merged.

Law: merging always ends and takes each reference once, however the schemas of a document point at each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from openapi.document import Document
from openapi.pointers import NoSuchValue
from openapi.shapes import mapping, sequence, string, strings

MAX_PROPERTIES = 1000  # of one schema; a page shows no more
_REPLACED = frozenset({"$ref", "allOf"})
_FRENCH = {"x-title-fr": "title", "x-description-fr": "description"}
NOTHING: frozenset[str] = frozenset()
_DEEPEST = 40  # references and allOf inside each other; far beyond what a reader could follow


@dataclass(frozen=True, slots=True)
class Merged:
    """A schema without `$ref` and `allOf`; `chain` is the references that led to it; `recursive` if it leads back."""

    node: dict[str, Any]
    chain: frozenset[str]
    recursive: bool = False


def merge(schema: Any, document: Document, chain: frozenset[str] = NOTHING) -> Merged:
    """Follow and merge `schema` (not its properties); `chain` is the references that led here from the root."""
    result: dict[str, Any] = {}
    chain, recursive = _gather(schema, _Way(document, chain, set(), _DEEPEST), result)
    return Merged(result, chain, recursive)


def types_of(node: dict[str, Any]) -> list[str]:
    """The types a merged schema allows, inferred from its other keywords if it names none; "null" included."""
    named = node.get("type")
    types = [named] if isinstance(named, str) else list(strings(named))
    if not types:
        types = _inferred(node)
    if node.get("nullable") is True and types and "null" not in types:
        types.append("null")
    return types


@dataclass(frozen=True, slots=True)
class _Way:
    """How a schema was reached: the references from the root, those taken in this merge, the levels still allowed."""

    document: Document
    chain: frozenset[str]
    taken: set[str]
    levels: int


def _gather(schema: Any, way: _Way, result: dict[str, Any]) -> tuple[frozenset[str], bool]:
    """Merge `schema` into `result`, earlier keywords winning; the chain to it, and whether it leads back into it."""
    own = mapping(schema)
    _absorb(result, own)
    chain, recursive = way.chain, False
    reference = string(own.get("$ref"))
    if reference in chain or way.levels == 0:
        return chain, True
    if reference and reference not in way.taken:
        # JSON Schema 2020-12 §8.2.3.1 lets keywords stand beside $ref; OpenAPI 3.0 ignores them, where they do no harm.
        way.taken.add(reference)
        further = replace(way, chain=chain | {reference}, levels=way.levels - 1)
        chain, recursive = _gather(_target(reference, way.document), further, result)
    for part in sequence(own.get("allOf")):
        _gather(part, replace(way, chain=chain, levels=way.levels - 1), result)
    return chain, recursive


def _target(reference: str, document: Document) -> Any:
    try:
        return document.resolve(reference)
    except NoSuchValue:
        return {}


def _absorb(result: dict[str, Any], part: dict[str, Any]) -> None:
    # The French of words that an earlier part replaced would say something else than they do.
    outdated = {french for french, words in _FRENCH.items() if words in result}
    for keyword, value in part.items():
        if keyword == "properties":
            properties = dict(islice(mapping(value).items(), MAX_PROPERTIES))
            result["properties"] = {**properties, **result["properties"]} if "properties" in result else properties
        elif keyword == "required":
            result["required"] = list(
                dict.fromkeys([*result.get("required", ()), *strings(sequence(value)[:MAX_PROPERTIES])])
            )
        elif keyword not in _REPLACED | outdated:
            result.setdefault(keyword, value)


def _inferred(node: dict[str, Any]) -> list[str]:
    if "properties" in node or "additionalProperties" in node:
        return ["object"]
    if "items" in node or "prefixItems" in node:
        return ["array"]
    listed = sequence(node.get("enum")) or ([node["const"]] if "const" in node else [])
    if listed and all(isinstance(value, str) for value in listed):
        return ["string"]
    return []
