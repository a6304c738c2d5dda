"""Identifiers: a prefix that names the kind, then 26 letters that sort by time of making.

The letters are a ULID (Crockford's base 32 of 48 bits of milliseconds and 80 random bits): ids made later sort
later, and nobody can guess one. The prefix makes a pasted id say what it is.
"""

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
}
"""What each kind of thing is called at the front of its id."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)  # ten bits at a time: each call has an id
_SHIFTS = tuple(range(10 * (_LENGTH // 2 - 1), -1, -10))


def make_id(kind: str, milliseconds: int, randomness: bytes) -> str:
    """An id of one kind, from the time (since the epoch) and ten random bytes that the caller brings."""
    number = (milliseconds << 80) | int.from_bytes(randomness[:10], "big")
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS]
    return f"{PREFIXES[kind]}_{''.join(pairs)}"


def is_id(kind: str, text: str) -> bool:
    """Whether a text has the form of an id of this kind."""
    prefix, _, letters = text.partition("_")
    return prefix == PREFIXES[kind] and len(letters) == _LENGTH and all(letter in _ALPHABET for letter in letters)
