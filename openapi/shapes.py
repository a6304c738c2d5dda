"""Reading a tree that may not have the shape it should: the empty value of the asked kind, never an error.

Law: what shows a document must not depend on what checked it.
"""

from __future__ import annotations

from typing import Any

from openapi.views import Text


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def strings(value: Any) -> tuple[str, ...]:
    """The strings of a list."""
    return tuple(item for item in sequence(value) if isinstance(item, str))


def bilingual(node: dict[str, Any], field: str) -> Text:
    """A field's words, with the French of its `x-{field}-fr` sibling if there is one."""
    return Text(string(node.get(field)), string(node.get(f"x-{field}-fr")) or None)
