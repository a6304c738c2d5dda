"""Answers calls from certain networks only, before anybody asks who calls."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from gateway.plugin import Call, Plugin, Problem, Row, Words

NETWORK_NOT_ALLOWED = Row(
    "network-not-allowed", 403,
    Words("This network may not call the API", "Ce réseau ne peut pas appeler l’API"),
    Words("The API answers calls from certain networks only.",
          "L’API ne répond qu’aux appels venant de certains réseaux."),
    Words("Call from a network that the department allows, or ask it to allow yours.",
          "Appelez depuis un réseau que le ministère autorise, ou demandez-lui d’autoriser le vôtre."),
)  # fmt: skip

_NO_NETWORK = Words(
    "“{text}” is no network such as 192.0.2.0/24 or 2001:db8::/32: the bits after the prefix must be zero.",
    "« {text} » n’est pas un réseau comme 192.0.2.0/24 ou 2001:db8::/32 : les bits après le préfixe doivent être nuls.",
)
_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291 §2.5.5.2


class NetworkField(fields.String):
    """A network, as a value that addresses are looked for in."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options).strip()
        try:
            return _meant_network(ip_network(text))
        except ValueError:
            raise ValidationError([_NO_NETWORK.fill(text=text)]) from None


class IpAllow(Plugin):
    """Refuses calls from addresses that are in none of the networks."""

    name = "ip-allow"
    purpose = Words("Answers calls from certain networks only.", "Ne répond qu’aux appels venant de certains réseaux.")
    refusals = (NETWORK_NOT_ALLOWED,)

    class Config(Schema):
        """The networks, in CIDR notation; a single address is a network too."""

        networks = fields.List(
            NetworkField(),
            required=True,
            validate=validate.Length(min=1),
            metadata={
                "label": Words("Networks that may call", "Réseaux autorisés à appeler"),
                "hint": Words("Such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7.",
                              "Par exemple 192.0.2.0/24, 2001:db8::/32 ou 192.0.2.7."),
            },
        )  # fmt: skip

    def on_arrival(self, call: Call, config: Mapping[str, Any]) -> Call | Problem:
        """Pass the call on if its address is in a network; one that cannot be told is in none."""
        try:
            address = _meant_address(ip_address(call.client_address.partition("%")[0]))
        except ValueError:
            return NETWORK_NOT_ALLOWED.problem()
        return call if any(address in network for network in config["networks"]) else NETWORK_NOT_ALLOWED.problem()


def _meant_address(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as one of IPv6 is what it stands for: a socket of both kinds tells it so."""
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def _meant_network(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96))
    return network
