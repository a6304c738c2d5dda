"""Schema → SchemaView: the tree that a page shows as nested lists.

Law: a view is bounded (depth, number of nodes) however large or circular the schemas are, and says where it was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from openapi.document import Document
from openapi.schema_words import ANY, NOTHING_ALLOWED, constraints, type_words
from openapi.schemas import NOTHING, Merged, merge, types_of
from openapi.shapes import bilingual, mapping, sequence, string, strings
from openapi.views import SchemaView

MAX_DEPTH = 7
MAX_NODES = 400
MAX_ALL_NODES = 50_000  # over all views of one document; the 4 MB one tried needs 14,000
_VARIANTS = {"oneOf": "one_of", "anyOf": "any_of"}


class SchemaViews:
    """Makes views for one document; a schema met again at the root of a body or parameter is made once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made: dict[str | int, SchemaView] = {}
        self._left = MAX_ALL_NODES

    def root(self, schema: Any, name: str = "") -> SchemaView | None:
        """The view of a whole schema; None if there is none."""
        if not isinstance(schema, dict | bool):
            return None
        reference = string(mapping(schema).get("$ref")) if len(mapping(schema)) == 1 else ""
        key: str | int = reference or id(schema)  # the document keeps its tree alive, so ids stay
        if key not in self._made:
            sketch = _Sketch(self._document, min(MAX_NODES, self._left))
            self._made[key] = sketch.view(schema, "", "root", NOTHING, 0)
            self._left = max(self._left - sketch.used, 0)
        return replace(self._made[key], name=name)


class _Sketch:
    """One view in the making, with what is left of its budget of nodes."""

    def __init__(self, document: Document, budget: int) -> None:
        self.document = document
        self.left = budget
        self.used = 0

    def view(self, schema: Any, name: str, role: str, chain: frozenset[str], depth: int) -> SchemaView:
        self.left -= 1
        self.used += 1
        if isinstance(schema, bool):
            return SchemaView(name, role, ANY if schema else NOTHING_ALLOWED)
        merged = merge(schema, self.document, chain)
        if merged.recursive:
            again = merge(schema, self.document).node
            return replace(_plain_view(again, name, role, self.document), recursive=True)
        plain = _plain_view(merged.node, name, role, self.document)
        if depth >= MAX_DEPTH or self.left <= 0:
            return replace(plain, cut=any(True for _ in _branches(merged.node)))
        return self._with_children(plain, merged, depth)

    def _with_children(self, plain: SchemaView, merged: Merged, depth: int) -> SchemaView:
        children, cut = [], False
        required = set(strings(merged.node.get("required")))
        for role, name, schema in _branches(merged.node):
            if self.left <= 0:
                cut = True
                break
            child = self.view(schema, name, role, merged.chain, depth + 1)
            children.append(replace(child, required=role == "property" and name in required))
        return replace(plain, children=tuple(children), cut=cut)


def _plain_view(node: dict[str, Any], name: str, role: str, document: Document) -> SchemaView:
    examples = [node["example"]] if "example" in node else sequence(node.get("examples"))
    return SchemaView(
        name=name,
        role=role,
        type_words=type_words(node, document),
        format=string(node.get("format")),
        title=bilingual(node, "title"),
        description=bilingual(node, "description"),
        constraints=constraints(node),
        enum=tuple(sequence(node.get("enum"))),
        has_default="default" in node,
        default=node.get("default"),
        has_example=bool(examples),
        example=examples[0] if examples else None,
        nullable="null" in types_of(node),
        read_only=node.get("readOnly") is True,
        write_only=node.get("writeOnly") is True,
        deprecated=node.get("deprecated") is True,
    )


def _branches(node: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """What a merged schema contains: (role, name, schema)."""
    for name, schema in mapping(node.get("properties")).items():
        yield "property", name, schema
    if isinstance(node.get("items"), dict | bool):
        yield "items", "", node["items"]
    for schema in sequence(node.get("prefixItems")):
        yield "items", "", schema
    if isinstance(node.get("additionalProperties"), dict):
        yield "additional", "", node["additionalProperties"]
    for name, schema in mapping(node.get("patternProperties")).items():
        yield "additional", name, schema
    yield from _variants(node)


def _variants(node: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for keyword, role in _VARIANTS.items():
        for schema in sequence(node.get(keyword)):
            yield role, string(mapping(schema).get("$ref")).rpartition("/")[2], schema
    if isinstance(node.get("not"), dict):
        yield "not", "", node["not"]
