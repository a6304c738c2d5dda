"""Addresses in a reply, seen from outside: what leads to the department's service leads to us instead.

Without it a redirect would show callers an internal host name, and send them where they cannot go. The law: what is
below the base URL has an address of ours; whatever else is on the service's host has none, and is hidden. Nor is it a
path of ours, where the portal answers.
"""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from gateway.pipeline.service import Target


def outward(address: str, targets: Sequence[Target], prefix: str) -> str | None:
    """An address as the caller must see it; what leads elsewhere stays as it is, what must not be seen is None.

    A service is asked at any of its targets, and may name any of them.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None  # nobody knows what it names
    if host is None and not parts.path.startswith("/"):
        return address  # relative to the call, which is ours already
    named = [target for target in targets if host is None or host == target.host.lower()]
    if not named:
        return address
    rest = next((rest for target in named if (rest := _rest_at(parts, target)) is not None), None)
    if rest is None:
        return None
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{prefix}{rest}{query}{fragment}"


def _rest_at(parts: SplitResult, target: Target) -> str | None:
    if parts.hostname is not None and not _same_port(parts.scheme, parts.port, target):
        return None
    return _below(parts.path or "/", target.base)


def _same_port(scheme: str, port: int | None, target: Target) -> bool:
    # "//host/…" takes our scheme; a service behind TLS that still says "http://host/…" means itself.
    named = port or {"http": 80, "https": 443}.get(scheme or target.scheme)
    return named == target.port or {named, target.port} == {80, 443}


def _below(path: str, base: str) -> str | None:
    if not base:
        return path
    if path == base or path.startswith(f"{base}/"):
        return path[len(base) :]
    return None
