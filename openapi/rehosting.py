"""The same document for those who call its operations elsewhere: one server, and other ways to prove who calls.

Law: whatever named the service behind, or how that service is entered, is gone from every place that OpenAPI 3 gives to
it (`servers`, a link's `server`, `security`, `securitySchemes`); the document itself is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openapi.document import Document
from openapi.operations import METHODS, path_items
from openapi.pointers import render
from openapi.shapes import mapping

Change = Callable[[Any], Any]

_HOSTING = ("servers", "security")


def rehosted(
    document: Document,
    *,
    url: str,
    schemes: Mapping[str, Any],
    security: Callable[[str], list[dict[str, list[str]]]],
) -> dict[str, Any]:
    """The tree with `url` as its one server and `schemes` as its security schemes.

    `security` gives the requirements of an operation from its method, in capitals.
    """
    tree = document.tree
    path_item = _path_item(security)
    rest = _changed({"webhooks": _each(_path_item()), "components": _components(path_item)}, _HOSTING)(tree)
    # Written out: a reference may lead to where nothing else would look for a path item.
    paths = {path: _changed({}, without=("$ref",))(path_item(item)) for path, item in path_items(document)}
    first = {"openapi": tree["openapi"], "info": tree["info"], "servers": [{"url": url}]}
    return {
        **(first | rest),
        "paths": mapping(tree.get("paths")) | paths,
        "components": mapping(rest.get("components")) | {"securitySchemes": dict(schemes)},
    }


def hosted_at(document: Document) -> str:
    """The pointer of the first thing that `rehosted` replaces; empty if there is none."""
    if document.tree.get("servers"):
        return "/servers"
    for path, item in path_items(document):
        for where, node in (((), item), *(((method,), item.get(method)) for method in METHODS)):
            if mapping(node).get("servers"):
                return render(("paths", path, *where, "servers"))
    return "/components/securitySchemes" if mapping(document.tree.get("components")).get("securitySchemes") else ""


def _path_item(security: Callable[[str], Any] | None = None) -> Change:
    """What a path item becomes; without `security` (a call that the service makes itself) it asks for nothing."""
    methods = {method: _operation(security and security(method.upper())) for method in METHODS}
    return _changed(methods, without=("servers",))


def _operation(security: Any) -> Change:
    bare = _changed({"responses": _each(_response), "callbacks": _each(_callback)}, _HOSTING)
    return lambda node: {**bare(node), "security": security} if security else bare(node)


def _components(path_item: Change) -> Change:
    parts = {"links": _link, "responses": _response, "callbacks": _callback, "pathItems": path_item}
    return _changed({name: _each(change) for name, change in parts.items()}, without=("securitySchemes",))


def _response(node: Any) -> Any:
    return _changed({"links": _each(_link)})(node)


def _link(node: Any) -> Any:
    return _changed({}, without=("server",))(node)


def _callback(node: Any) -> Any:
    # Made when met: a callback's operations may have callbacks.
    return _each(_path_item())(node)


def _changed(changes: Mapping[str, Change], without: tuple[str, ...] = ()) -> Change:
    """A copy of an object with some fields changed and some left out; what is no object stays as it is."""

    def change(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        kept = (item for item in node.items() if item[0] not in without)
        return {name: changes[name](value) if name in changes else value for name, value in kept}

    return change


def _each(change: Change) -> Change:
    """The same change to every value of an object."""
    return lambda node: {name: change(value) for name, value in node.items()} if isinstance(node, dict) else node
