"""Where a base URL may lead: neither to this machine nor inside a network, unless the operator opened it.

The law: a name is judged by what it resolves to, when it is set and again at every connection, because a name can lead
elsewhere tomorrow (DNS rebinding); `0x7f.1` and `2130706433` are judged by the address they mean.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from gateway.http.grammar import is_host, is_target
from gateway.pipeline.service import Target
from gateway.words import Words

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_ENDS_WITH_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\Z", re.IGNORECASE)
_STANDARD_PORTS = {"http": 80, "https": 443}


class Reached(Protocol):
    """What is connected to."""

    @property
    def host(self) -> str:
        """A name or an address."""

    @property
    def port(self) -> int:
        """A port."""


class AddressRefused(Exception):  # noqa: N818 - read aloud: "raise AddressRefused"
    """A base URL, or an address it leads to, that may not be used; `reason` is for the person who set it."""

    def __init__(self, reason: Words) -> None:
        """Say why."""
        super().__init__(reason.en)
        self.reason = reason


NOT_A_URL = Words(
    "It is not an http or https address with a host.",
    "Ce n’est pas une adresse http ou https comportant un hôte.",
)
NO_SCHEME = Words(
    "It does not say how it is reached: write http:// or https:// before it.",
    "Elle ne dit pas comment y accéder : écrivez http:// ou https:// devant.",
)
HAS_USER = Words("It holds a user name or a password.", "Elle contient un nom d’utilisateur ou un mot de passe.")
HAS_QUERY = Words("It holds a query or a fragment.", "Elle contient une chaîne de requête ou un fragment.")
BAD_PATH = Words("Its path holds dot segments.", "Son chemin contient des segments « . » ou « .. ».")
OURSELVES = Words("It leads back to this gateway.", "Elle ramène à cette passerelle.")
LOOPBACK = Words("It leads to the gateway’s own machine.", "Elle mène à la machine même de la passerelle.")
LINK_LOCAL = Words(
    "It leads to a link-local address, such as a cloud’s metadata service.",
    "Elle mène à une adresse de liaison locale, comme le service de métadonnées d’un nuage.",
)
PRIVATE = Words(
    "It leads to a private network that the operator has not opened.",
    "Elle mène à un réseau privé que l’exploitant n’a pas ouvert.",
)
NOT_UNICAST = Words(
    "It leads to an address that is no single machine’s.", "Elle mène à une adresse qui n’est celle d’aucune machine."
)


_NEVER = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "100.64.0.0/10", "2001::/23",
        "fec0::/10", "3fff::/20", "5f00::/16", "168.63.129.16/32",
    )
)  # fmt: skip
"""Special blocks (RFC 6890, 3879, 9602, 9637) that some versions of Python call global, and where clouds answer their
own machines: 100.64.0.0/10, and 168.63.129.16 on Azure."""


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, in the order to be tried; raises OSError when it has none."""
    if number := _as_number(host):
        return (number,)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def _as_number(host: str) -> str | None:
    """The IPv4 address that a host spells in any of the ways there are; nobody is asked."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What the operator allows.

    `own` lists the hosts and ports at which this gateway answers: its public ones, and those that it listens on.
    """

    allowed_networks: tuple[IPNetwork, ...] = ()
    own: tuple[tuple[str, int], ...] = ()
    resolve: Callable[[str, int], Sequence[str]] = resolve

    @classmethod
    def of(cls, networks: Sequence[str], own: Sequence[tuple[str, int]] = ()) -> "AddressPolicy":
        """A policy from the operator's settings: networks in CIDR notation; raises ValueError."""
        return cls(tuple(ipaddress.ip_network(network) for network in networks), tuple(own))


def parse_base_url(text: str) -> Target:
    """The parts of a base URL; raises `AddressRefused`."""
    try:
        parts = urlsplit(text.strip())
        # A name that ends with a dot is the same name, fully said (RFC 1034 §3.1); certificates say it without.
        host, port = _ascii((parts.hostname or "").removesuffix(".")), parts.port
    except (ValueError, UnicodeError):
        raise AddressRefused(_no_url(text)) from None
    if parts.scheme not in _STANDARD_PORTS or not _is_host(host) or port == 0:
        raise AddressRefused(_no_url(text))
    if "@" in parts.netloc:
        raise AddressRefused(HAS_USER)
    if "?" in text or "#" in text:
        raise AddressRefused(HAS_QUERY)
    path = parts.path.rstrip("/")
    if path and not (is_target(path) and _without_dots(path)):
        raise AddressRefused(BAD_PATH)
    return Target(parts.scheme, host, port or _STANDARD_PORTS[parts.scheme], path)


def _is_host(host: str) -> bool:
    """Whether it is an address or a name: what ends with a number is a number, well spelt, or nothing (WHATWG URL)."""
    if ":" in host:
        return is_host(f"[{host}]")
    return _as_number(host) is not None if _ENDS_WITH_NUMBER.search(host) else is_host(host) and host[-1] != "."


def _no_url(text: str) -> Words:
    """What to say of a text that is no base URL: often only its beginning is missing, as in `localhost:8000`."""
    if "://" in text:
        return NOT_A_URL
    try:
        parse_base_url(f"http://{text.strip()}")
    except AddressRefused:
        return NOT_A_URL
    return NO_SCHEME


def check_base_url(text: str, policy: AddressPolicy) -> Target:
    """The target of a base URL that may be used; raises `AddressRefused`.

    A name that does not resolve yet is taken: every connection checks again.
    """
    target = parse_base_url(text)
    check_addresses(target, addresses_of(target, policy), policy)
    return target


def addresses_of(target: Reached, policy: AddressPolicy) -> Sequence[str]:
    """The addresses of a target now; none when its name is not known."""
    try:
        return policy.resolve(target.host, target.port)
    except OSError:
        return ()


def check_addresses(target: Reached, addresses: Sequence[str], policy: AddressPolicy) -> None:
    """Refuse a target when it, or any of its addresses, may not be used; raises `AddressRefused`."""
    if (target.host, target.port) in policy.own:
        raise AddressRefused(OURSELVES)
    for address in addresses:
        ip = _unmapped(ipaddress.ip_address(address))
        if _is_own(ip, target.port, policy):
            raise AddressRefused(OURSELVES)
        reason = refuse_address(ip, policy.allowed_networks)
        if reason:
            raise AddressRefused(reason)


def refuse_address(ip: IPAddress, allowed: Sequence[IPNetwork]) -> Words | None:
    """Why an address may not be used, or None when it may."""
    ip = _unmapped(ip)
    if any(ip in network for network in allowed):
        return None
    reasons = (
        (ip.is_loopback or ip.is_unspecified, LOOPBACK),
        (ip.is_link_local, LINK_LOCAL),
        (ip.is_multicast, NOT_UNICAST),
        (not ip.is_global or any(ip in block for block in _NEVER), PRIVATE),
    )
    return next((words for holds, words in reasons if holds), None)


def _unmapped(ip: IPAddress) -> IPAddress:
    # ::ffff:127.0.0.1, 64:ff9b::7f00:1 (NAT64, RFC 6052) and 2002:7f00:1:: (6to4) all lead to 127.0.0.1.
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_own(ip: IPAddress, port: int, policy: AddressPolicy) -> bool:
    return any(port == own_port and _reaches(ip, host) for host, own_port in policy.own)


def _reaches(ip: IPAddress, own: str) -> bool:
    """Whether what is sent to an address arrives at one of our own hosts."""
    if own == str(ip):
        return True
    listens = _as_address(own)
    if listens is None:
        return False
    here = ip.is_loopback or ip.is_unspecified
    if listens.is_unspecified:
        return here or _is_this_machines(ip)
    # All of 127.0.0.0/8 is one machine, and the systems differ in what else of it they hand to a listener.
    return here and listens.is_loopback


def _as_address(host: str) -> IPAddress | None:
    try:
        return _unmapped(ipaddress.ip_address({"": "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host)))  # noqa: S104 - compared, not bound
    except ValueError:
        return None


def _is_this_machines(ip: IPAddress) -> bool:
    # Only an address of our own can be bound. Nothing is sent, and nothing listens.
    family = socket.AF_INET if isinstance(ip, ipaddress.IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(ip), 0))
    except OSError:
        return False
    return True


def _ascii(host: str) -> str:
    return host if ":" in host else host.encode("idna").decode("ascii").lower()


def _without_dots(path: str) -> bool:
    return not any(segment.lower().replace("%2e", ".") in {".", ".."} for segment in path.split("/"))
