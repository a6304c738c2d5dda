"""Addresses in a reply, seen from outside: what leads to the department's service leads to us instead.

Without it a redirect would show callers an internal host name, and send them where they cannot go. The law: what is
below the base URL has an address of ours; whatever else is on the service's host has none, and is hidden. Nor is it a
path of ours, where the portal answers.
"""

from urllib.parse import urlsplit

from gateway.pipeline.service import Target


def base_of(target: Target) -> str:
    """The path of a base URL without its last slash, so that a template's first slash follows it."""
    return target.base_path.rstrip("/")


def outward(address: str, target: Target, prefix: str) -> str | None:
    """An address as the caller must see it; what leads elsewhere stays as it is, what must not be seen is None."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None  # nobody knows what it names
    if host is None and not parts.path.startswith("/"):
        return address  # relative to the call, which is ours already
    if host is not None and host != target.host.lower():
        return address
    rest = _below(parts.path or "/", base_of(target))
    if rest is None or not (host is None or _same_port(parts.scheme, port, target)):
        return None
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{prefix}{rest}{query}{fragment}"


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
