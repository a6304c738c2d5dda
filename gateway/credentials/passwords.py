"""Passwords: kept as argon2id, with the cost that OWASP's Password Storage Cheat Sheet names as its floor.

The law: checking a password of an account that does not exist takes as long as of one that does.
"""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB, two passes, one lane: about 45 ms on the machines we measured."""


def hash_password(password: str) -> str:
    """What is kept of a password, with its salt and its costs."""
    return _HASHER.hash(password)


def verify_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was kept; None stands for an unknown account and costs the same time."""
    try:
        _HASHER.verify(kept or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def needs_rehash(kept: str) -> bool:
    """Whether a kept password was hashed at a cost that is no longer ours."""
    return _HASHER.check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _decoy() -> str:
    # Made at first need: importing this file must not cost 45 ms.
    return _HASHER.hash("the password of nobody")
