"""The WWW-Authenticate field: what a caller without good credentials is asked for (RFC 6750 §3)."""

from gateway.http.headers import Headers
from gateway.http.problems import Row

_PLAIN = str.maketrans({"’": "'", "“": "'", "”": "'", "…": "..."})


def challenge(realm: str, error: str = "", row: Row | None = None, scope: str = "") -> Headers:
    """The field. A call that carried no credentials is told no `error` (RFC 6750 §3.1)."""
    parameters = {"realm": realm, "error": error, "error_description": _describe(row), "scope": scope}
    members = ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)
    return Headers((("WWW-Authenticate", f"Bearer {members}"),))


def _describe(row: Row | None) -> str:
    # RFC 6750 §3: error_description is ASCII without quotes and backslashes; it is for the developer, in English.
    return row.title.en.translate(_PLAIN).encode("ascii", "ignore").decode() if row else ""
