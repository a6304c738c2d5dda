"""A tree as text: JSON (RFC 8259) or YAML 1.2.

Law: what is written here and loaded again is the same tree.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from openapi.document import Format
from openapi.yaml_scalars import PREFIX, NotANumber, plain

_WIDTH = 120


def write(tree: dict[str, Any], form: Format) -> bytes:
    """The text of a tree, in UTF-8; its fields keep their order."""
    if form == "json":
        return json.dumps(tree, ensure_ascii=False, indent=2).encode()
    text: str = yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return text.encode()


class _Dumper(yaml.CSafeDumper):
    """Quotes what YAML 1.2 would read as something else; the library itself knows 1.1 only."""


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _is_read_back(text) else '"'
    return dumper.represent_scalar(PREFIX + "str", text, style)


def _is_read_back(text: str) -> bool:
    try:
        return plain(text) == text
    except NotANumber:
        return False


_Dumper.add_representer(str, _text)
