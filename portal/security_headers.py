"""What every page tells the browser not to do.

The law: no inline script or style, nothing from outside, no framing; a signed-in person's page is kept by nobody.
Answers of the APIs are the departments' and the protocol's own: they get `nosniff` if they have none, and nothing else.
"""

from collections.abc import Callable

from flask import Flask, Response, g, request

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb", "interest-cohort")

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
TWO_YEARS = 63_072_000
STRICT_TRANSPORT = f"max-age={TWO_YEARS}; includeSubDomains"

MACHINE_PATHS = ("/api/", "/v1/", "/oauth/", "/.well-known/")
"""Where callers are programs."""


def someone_is_signed_in() -> bool:
    """Whether the page was made for one person."""
    return bool(g.get("actor"))


def install_security_headers(
    app: Flask,
    *,
    https: bool,
    machine_paths: tuple[str, ...] = MACHINE_PATHS,
    is_private: Callable[[], bool] = someone_is_signed_in,
) -> None:
    """Guard every page of the application.

    Args:
        app: the application.
        https: whether readers reach it by HTTPS; only then may it promise to stay there (RFC 6797 §7.2).
        machine_paths: prefixes of paths whose answers are left as they are.
        is_private: whether the answer being made is one person's alone.
    """

    def guard(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.path.startswith(machine_paths):
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        if is_private() and "immutable" not in response.headers.get("Cache-Control", ""):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.after_request(guard)
