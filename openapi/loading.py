"""Bytes → Document: what is no OpenAPI 3.0 or 3.1 document is refused here, with a clear finding.

Law: `load` never raises whatever the bytes are, does not use the network, and stays within the limits of `reading.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from openapi.document import Document, Format
from openapi.faults import FAULTS, TYPE_WORDS, type_of
from openapi.finding import Finding
from openapi.json_reading import read_json
from openapi.reading import MAX_BYTES, Reading, Unreadable, unreadable
from openapi.yaml_reading import read_yaml

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# What begins like a JSON object is read as JSON, strictly; `{openapi: …}` is YAML's flow style.
_JSON_START = re.compile(r'\s*\{\s*["}]')
_VERSION = re.compile(r"3\.([01])\.\d+(?:-.+)?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, or the reasons there is none."""

    document: Document | None
    findings: tuple[Finding, ...]


def load(data: bytes) -> Loaded:
    """Read an OpenAPI 3.0 or 3.1 document in YAML or JSON (UTF-8). Never raises for bad input.

    `document` is None exactly when `findings` holds an error.
    """
    try:
        text = _decode(data)
        form: Format = "json" if _JSON_START.match(text) else "yaml"
        reading = read_json(text) if form == "json" else read_yaml(text)
        tree = _object(reading)
        version, minor = _version(tree, reading)
    except Unreadable as error:
        return Loaded(None, (error.finding,))
    if reading.findings:
        return Loaded(None, reading.findings)
    return Loaded(Document(tree, version, minor, text, form, reading.places), ())


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise unreadable("too-large", limit=MAX_BYTES // 1024 // 1024)
    if data.startswith(_WIDE_MARKS) or b"\0" in data[:4]:
        raise unreadable("encoding-utf16")
    if _BINARY.search(data[:4096]) or b"\0" in data:
        raise unreadable("binary")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        raise unreadable("encoding", (before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))) from error
    if not text.strip():
        raise unreadable("empty")
    if text.lstrip().startswith("<"):
        raise unreadable("markup")
    return text


def _object(reading: Reading) -> dict[str, Any]:
    if not isinstance(reading.tree, dict):
        raise unreadable("not-an-object", found=TYPE_WORDS[type_of(reading.tree)])
    return reading.tree


def _version(tree: dict[str, Any], reading: Reading) -> tuple[str, int]:
    declared = tree.get("openapi")
    matched = _VERSION.fullmatch(declared) if isinstance(declared, str) else None
    if matched and isinstance(declared, str):
        return declared, int(matched[1])
    if "openapi" in tree:
        raise _at_field(reading, "openapi", "version-unsupported", declared)
    if "swagger" in tree:
        raise _at_field(reading, "swagger", "version-swagger", tree["swagger"])
    raise unreadable("version-missing")


def _at_field(reading: Reading, name: str, rule: str, version: object) -> Unreadable:
    inside = reading.places.root().inside
    place = inside[name] if isinstance(inside, dict) else reading.places.root()
    return Unreadable(FAULTS[rule].at("/" + name, (place.line, place.column), version=version))
