"""Scopes: what a token may be used for (RFC 6749 §3.3).

Each API has two: `<api>:read` for the safe methods and `<api>:write` for the others (RFC 9110 §9.2.1).
A scope names its API, so that the scopes of a token tell its audience.
"""

from collections.abc import Iterable

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_for(api_name: str, method: str) -> str:
    """The scope that a method of an API asks for."""
    return f"{api_name}:{'read' if reads(method) else 'write'}"


def reads(method: str) -> bool:
    """Whether a method changes nothing."""
    return method.upper() in SAFE_METHODS


def scopes_of(api_name: str) -> tuple[str, str]:
    """All the scopes of an API."""
    return f"{api_name}:read", f"{api_name}:write"


def api_of(scope: str) -> str:
    """The name of the API that a scope belongs to."""
    return scope.partition(":")[0]


def parse_scopes(text: str | None) -> tuple[str, ...]:
    """The scopes of a space-separated list, each once, in order."""
    return tuple(dict.fromkeys((text or "").split()))


def satisfied(wanted: str, held: Iterable[str]) -> bool:
    """Whether the scopes held allow what is wanted."""
    return wanted in held
