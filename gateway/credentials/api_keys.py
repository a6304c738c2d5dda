"""Secrets that we hand out: how they are made, recognised, kept and compared.

The law: a secret is 256 random bits, shown once and kept as a SHA-256 only (that of a proof, which signs, is sealed).
Its prefix says what it is, so that scanners of leaked secrets find it; its last six letters are a checksum, so that
garbage costs no look-up.
"""

import hashlib
import hmac
import re
import zlib
from enum import StrEnum


class SecretKind(StrEnum):
    """What a secret opens; the value is its prefix."""

    API_KEY = "gck"
    CLIENT_SECRET = "gcs"  # noqa: S105 - the name of a kind, not a secret
    MANAGEMENT_TOKEN = "gct"  # noqa: S105 - the name of a kind, not a secret
    LINK = "gcl"
    SESSION = "gse"
    PROOF = "gcp"


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_RANDOM_LETTERS = 43  # 62^43 > 2^256
_CHECK_LETTERS = 6  # 62^6 > 2^32
_SHAPE = re.compile(rf"(gck|gcs|gct|gcl|gse|gcp)_([0-9A-Za-z]{{{_RANDOM_LETTERS}}})([0-9A-Za-z]{{{_CHECK_LETTERS}}})")
PATTERN = _SHAPE.pattern
"""The regular expression that recognises any of our secrets, for scanners of leaked secrets."""


def mint_secret(kind: SecretKind, randomness: bytes) -> str:
    """A new secret of one kind, from 32 random bytes that the caller brings."""
    if len(randomness) != _RANDOM_BYTES:
        raise ValueError("a secret needs exactly 32 random bytes")
    body = f"{kind.value}_{_base62(int.from_bytes(randomness, 'big'), _RANDOM_LETTERS)}"
    return body + _checksum(body)


def looks_genuine(text: str, kind: SecretKind | None = None) -> bool:
    """Whether a text has the form and the checksum of one of our secrets, of one kind when one is named."""
    found = _SHAPE.fullmatch(text)
    if found is None or (kind is not None and found[1] != kind.value):
        return False
    return _checksum(text[:-_CHECK_LETTERS]) == found[3]


def digest(text: str) -> bytes:
    """What is kept of a secret: its SHA-256. 256 random bits need no slow hash; only what people remember does."""
    return hashlib.sha256(text.encode()).digest()


def matches(text: str, kept: bytes) -> bool:
    """Whether a secret is the one whose digest was kept, in constant time."""
    return hmac.compare_digest(digest(text), kept)


def display(text: str) -> str:
    """What may be shown of a secret later: its prefix and last four letters."""
    return f"{text[:4]}…{text[-4:]}"


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_LETTERS)


def _base62(number: int, width: int) -> str:
    letters = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        letters = _ALPHABET[rest] + letters
    return letters
