"""Identifiers: a prefix that names the kind, then 26 letters that sort by time of making.

The letters are a ULID (Crockford's base 32 of 48 bits of milliseconds and 80 random bits): ids made later sort
later, and nobody can guess one. The prefix makes a pasted id say what it is.
"""

from functools import lru_cache
from typing import NewType

AccountId = NewType("AccountId", str)
OrganisationId = NewType("OrganisationId", str)
ApiId = NewType("ApiId", str)
VersionId = NewType("VersionId", str)
RevisionId = NewType("RevisionId", str)
EnvironmentId = NewType("EnvironmentId", str)
PlanId = NewType("PlanId", str)
ApplicationId = NewType("ApplicationId", str)
CredentialId = NewType("CredentialId", str)
SubscriptionId = NewType("SubscriptionId", str)

PREFIXES = {
    "account": "acc",
    "organisation": "org",
    "department": "dep",
    "membership": "mem",
    "api": "api",
    "version": "ver",
    "revision": "rev",
    "environment": "env",
    "plan": "pln",
    "application": "app",
    "credential": "crd",
    "subscription": "sub",
    "session": "ses",
    "token": "tok",
    "audit": "aud",
    "request": "req",
    "mail": "mal",
    "webhook": "whk",
    "message": "msg",
}
"""What each kind of thing is called at the front of its id."""

ANONYMOUS = "anonymous"
"""What stands where an application's id would, for calls without a credential; it has no form of an id."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_LETTER_OF = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))
_RANDOM = 16
"""How many of the letters are random, five bits each."""


def make_id(kind: str, milliseconds: int, randomness: bytes) -> str:
    """An id of one kind, from the time (since the epoch) and sixteen random bytes that the caller brings."""
    return _begun(kind, milliseconds) + randomness[:_RANDOM].translate(_LETTER_OF).decode()


@lru_cache(maxsize=16)  # each call has an id, and many come in one millisecond
def _begun(kind: str, milliseconds: int) -> str:
    shifts = range(5 * (_LENGTH - _RANDOM - 1), -1, -5)
    return f"{PREFIXES[kind]}_{''.join(_ALPHABET[milliseconds >> shift & 31] for shift in shifts)}"


def is_id(kind: str, text: str) -> bool:
    """Whether a text has the form of an id of this kind."""
    prefix, _, letters = text.partition("_")
    return prefix == PREFIXES[kind] and len(letters) == _LENGTH and all(letter in _ALPHABET for letter in letters)
