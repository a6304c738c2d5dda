"""JSON from strangers, read strictly: one object, no name twice, hardly any nesting, no NaN, no padding tricks.

Two readers that take the same bytes to mean different things are how signatures get bypassed (RFC 8725 §2.4 and §3.12).
"""

import base64
import json
import re
from typing import Any, NoReturn

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_MAX_BRACKETS = 8


class JsonFault(Exception):  # noqa: N818 - a fault of the text, translated by whoever reads it
    """A text that is not what it should be."""


def decode_segment(segment: str) -> bytes:
    """The bytes of one part of a compact JWS; only the one right spelling is taken (RFC 7515 §2)."""
    if not _BASE64URL.fullmatch(segment) or len(segment) % 4 == 1:
        raise JsonFault
    content = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        raise JsonFault
    return content


def read_object(content: bytes) -> dict[str, Any]:
    """The members of one nearly flat object."""
    if (
        content.count(b"[") + content.count(b"{") > _MAX_BRACKETS
    ):  # counted before parsing: depth is what parsers die of
        raise JsonFault
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse)
    except ValueError as fault:
        raise JsonFault from fault
    if not isinstance(value, dict):
        raise JsonFault
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonFault
    return members


def _refuse(_constant: str) -> NoReturn:
    raise JsonFault
