"""Who is at the other end: the address of a client behind proxies, and the network that it is in."""

from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gateway.http.grammar import is_host

_PREFIXES = {4: 24, 6: 48}
"""What one household or office is given at least: the rest of an address is its holder's to change."""

_ONE_HOLDERS = 8
"""Bytes: whoever has one address of a /64 may call from all of them (RFC 4291 §2.5.4)."""


def client_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """The address that the outermost of our proxies was called from; `proxies` is how many of them stand in front.

    `forwarded_for` is the X-Forwarded-For field, its lines joined by commas. The last entry was written by the proxy
    nearest to us, the one before by the next; anybody may say the rest.
    """
    entries = [entry.strip().lower() for entry in forwarded_for.split(",")]
    claimed = [entry for entry in entries if entry][-proxies:] if proxies else []
    return claimed[0] if claimed and len(claimed) == proxies and is_host(_bracketed(claimed[0])) else peer


def shortened(address: str) -> str | None:
    """The network of an address, for a log; None where it is no address, and may be a name."""
    network = network_of(address)
    return network if network != address else None


def network_of(address: str) -> str:
    """The /24 or /48 of an address, so that it is no person's; what is no address is a network by itself."""
    found = _read(address)
    return str(ip_network((found, _PREFIXES[found.version]), strict=False)) if found else address


def account_of(address: str, key: bytes) -> str:
    """Whom a limit of each address counts: all of an IPv4 address, the /64 of an IPv6 one; nobody reads back which."""
    found = _read(address)
    holder = found.packed[:_ONE_HOLDERS] if found else address.encode()
    return blake2b(holder, key=key, digest_size=16).hexdigest()


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
