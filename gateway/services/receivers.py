"""Where a webhook may lead: to an https address that everyone can reach, and into no network that is anybody's own.

The law: addresses are judged as those of services are (upstream/addresses.py), when one is set and again at every
connection; but what the operator opened for departments stays shut for developers. Only on a machine that is reached
by loopback, a developer's own, may a webhook lead to loopback too, and by http, where the operator opened it.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.domain.errors import ADDRESS_REFUSED, DomainError, invalid, required
from gateway.http.grammar import is_target
from gateway.pipeline.service import Target
from gateway.services.texts import text_field
from gateway.upstream.addresses import (
    AddressPolicy,
    AddressRefused,
    IPNetwork,
    addresses_of,
    check_base_url,
    parse_base_url,
)

LONGEST_URL = 2_000


def receiver_policy(policy: AddressPolicy, *hosts: str) -> AddressPolicy:
    """The policy for webhooks, from that for services and the hosts by which the store is reached and listens."""
    return AddressPolicy(_loopback(policy.allowed_networks) if all(map(_is_loopback, hosts)) else (), policy.own)


def checked_receiver(url: str, policy: AddressPolicy) -> str:
    """An address that may be a webhook's. Its name is resolved: no lock may be held meanwhile.

    Raises:
        DomainError: REQUIRED, INVALID, ADDRESS_REFUSED.
    """
    url = text_field("url", url, LONGEST_URL)
    if not url:
        raise required("url", "An address", "une adresse")
    base, _, query = url.partition("?")
    try:
        target = check_base_url(base, policy)
    except AddressRefused as refused:
        en, fr = refused.reason.en, refused.reason.fr
        raise DomainError(ADDRESS_REFUSED, field="url", why_en=en, why_fr=fr) from None
    if target.scheme != "https" and not _ends_here(target, policy):
        raise invalid(
            "url", "Give an address that begins with https://.", "Indiquez une adresse commençant par https://."
        )
    if "#" in query or not is_target(receiver_of(url)[1]):
        raise invalid(
            "url",
            "The address holds characters that cannot be sent.",
            "L’adresse contient des caractères qui ne peuvent pas être envoyés.",
        )
    return url


def receiver_of(url: str) -> tuple[Target, str]:
    """Whom to connect to, and the path and query to ask for, of an address that was found good."""
    base, mark, query = url.partition("?")
    target = parse_base_url(base)
    path = urlsplit(base).path or "/"
    return Target(target.scheme, target.host, target.port, ""), path + mark + query


def _ends_here(target: Target, policy: AddressPolicy) -> bool:
    """Whether it leads to what was opened and nowhere else: what is sent there passes no network."""
    addresses = [ip_address(address) for address in addresses_of(target, policy)]
    return bool(addresses) and all(any(ip in network for network in policy.allowed_networks) for ip in addresses)


def _loopback(networks: Sequence[IPNetwork]) -> tuple[IPNetwork, ...]:
    return tuple(network for network in networks if network.is_loopback)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
