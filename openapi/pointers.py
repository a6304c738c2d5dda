"""JSON pointers (RFC 6901): the address of a value inside a document.

Law: `parse(render(tokens)) == tokens` for all strings; the empty pointer is the whole document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote


class NoSuchValue(LookupError):  # noqa: N818 - named for what is missing, like LookupError's other children
    """The pointer or reference leads to nothing in this document."""


def escape(token: str) -> str:
    """RFC 6901 §3: "~" is written "~0" and "/" is written "~1"."""
    return token.replace("~", "~0").replace("/", "~1")


def render(tokens: Iterable[str | int]) -> str:
    """Tokens to pointer: ("paths", "/a") is "/paths/~1a"."""
    return "".join("/" + escape(str(token)) for token in tokens)


def parse(pointer: str) -> tuple[str, ...]:
    """Pointer to tokens; ValueError if it neither is empty nor begins with "/"."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError("a JSON pointer is empty or begins with a slash")
    # RFC 6901 §4: "~1" first, then "~0", so that "~01" becomes "~1" and not "/".
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def is_local(reference: str) -> bool:
    """Does this `$ref` point inside its own document by a JSON pointer ("#" or "#/…")?"""
    return reference == "#" or reference.startswith("#/")


def of_reference(reference: str) -> str:
    """The pointer of a local `$ref` (RFC 6901 §6: the fragment is percent-decoded); ValueError if it is not local."""
    if not is_local(reference):
        raise ValueError("not a reference inside this document")
    return render(parse(unquote(reference[1:])))


def find(tree: Any, pointer: str) -> Any:
    """The value at `pointer`; NoSuchValue if there is none, ValueError if it is no pointer."""
    for token in parse(pointer):
        tree = _step(tree, token)
    return tree


def _step(node: Any, token: str) -> Any:
    if isinstance(node, dict) and token in node:
        return node[token]
    # RFC 6901 §4: an array index has no leading zero.
    if isinstance(node, list) and token.isascii() and token.isdigit() and (token == "0" or token[0] != "0"):  # noqa: S105 - a digit
        index = int(token[:9])
        if len(token) <= 9 and index < len(node):
            return node[index]
    raise NoSuchValue(token)
