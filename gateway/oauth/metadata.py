"""The truth about the authorization server (RFC 8414): what is listed works, and nothing else does."""

from collections.abc import Iterable
from typing import Any

from gateway.domain.scopes import scopes_of
from gateway.oauth.clients import AUTH_METHODS, GRANT_TYPES
from gateway.words import LANGUAGES

WELL_KNOWN = "/.well-known/oauth-authorization-server"


def metadata(issuer: str, apis: Iterable[str]) -> dict[str, Any]:
    """The metadata document of an issuer without a path; `apis` are the names of those that everybody may see."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        # RFC 8414 §2 requires the member; with no authorization endpoint there is no response type.
        "response_types_supported": [],
        "scopes_supported": [scope for name in apis for scope in scopes_of(name)],
        "ui_locales_supported": list(LANGUAGES),
        "service_documentation": f"{issuer}/en/",
    }
