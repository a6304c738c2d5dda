"""Who is at the other end: the address of a client behind proxies, and the network that it is in."""

from ipaddress import IPv6Address, ip_address, ip_network

from gateway.http.grammar import is_host

_PREFIXES = {4: 24, 6: 48}
"""What one household or office is given at least: the rest of an address is its holder's to change."""


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
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network((found, _PREFIXES[found.version]), strict=False))


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
