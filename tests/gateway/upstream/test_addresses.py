import contextlib
import ipaddress
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.addresses import (
    BAD_PATH,
    HAS_QUERY,
    HAS_USER,
    LINK_LOCAL,
    LOOPBACK,
    NO_SCHEME,
    NOT_A_URL,
    NOT_UNICAST,
    OURSELVES,
    PRIVATE,
    AddressPolicy,
    AddressRefused,
    check_base_url,
    parse_base_url,
    refuse_address,
    resolve,
)


def leading_to(*addresses, allowed=(), own=()):
    """A policy in a world where every name leads to these addresses."""
    networks = tuple(ipaddress.ip_network(network) for network in allowed)
    return AddressPolicy(networks, tuple(own), lambda host, port: addresses)


def refused(text, policy):
    with pytest.raises(AddressRefused) as caught:
        check_base_url(text, policy)
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://a.ca", ("https", "a.ca", 443, "")),
        ("https://a.ca/", ("https", "a.ca", 443, "")),
        (" HTTP://A.CA:8080/Base/x/ ", ("http", "a.ca", 8080, "/Base/x")),
        ("https://[2001:db8::1]:444/a%2Fb;c", ("https", "2001:db8::1", 444, "/a%2Fb;c")),
        ("https://a.ca./x", ("https", "a.ca", 443, "/x")),
        ("https://[::ffff:93.184.216.34]/", ("https", "::ffff:93.184.216.34", 443, "")),
        ("https://93.184.216.34./", ("https", "93.184.216.34", 443, "")),
        ("https://métro.ca", ("https", "xn--mtro-bpa.ca", 443, "")),
    ],
)
def test_a_base_url_is_taken_apart(text, parts):
    target = parse_base_url(text)

    assert (target.scheme, target.host, target.port, target.base_path) == parts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NOT_A_URL),
        ("a.ca", NO_SCHEME),
        ("localhost:8410", NO_SCHEME),
        (" service.a.ca/v1", NO_SCHEME),
        ("//a.ca", NOT_A_URL),
        ("ftp://a.ca", NOT_A_URL),
        ("file:///etc/passwd", NOT_A_URL),
        ("javascript:alert(1)", NOT_A_URL),
        ("https://", NOT_A_URL),
        ("https:///x", NOT_A_URL),
        ("https://a.ca:0", NOT_A_URL),
        ("https://a.ca:99999", NOT_A_URL),
        ("https://a.ca:port", NOT_A_URL),
        ("https://[::1", NOT_A_URL),
        ("https://a b.ca", NOT_A_URL),
        ("https://a.ca..", NOT_A_URL),
        ("https://.", NOT_A_URL),
        ("https://93.184.216.256", NOT_A_URL),
        ("https://93.184.216.34.5", NOT_A_URL),
        ("https://a.ca.1", NOT_A_URL),
        ("https://a.0x", NOT_A_URL),
        ("https://a.ca\\@b.ca", HAS_USER),
        ("https://" + "a" * 300 + ".ca", NOT_A_URL),
        ("https://user@a.ca", HAS_USER),
        ("https://user:secret@a.ca/x", HAS_USER),
        ("https://@a.ca", HAS_USER),
        ("https://a.ca/x?y=1", HAS_QUERY),
        ("https://a.ca/x?", HAS_QUERY),
        ("https://a.ca/x#y", HAS_QUERY),
        ("https://a.ca/x/../y", BAD_PATH),
        ("https://a.ca/%2e%2E", BAD_PATH),
        ("https://a.ca/a b", BAD_PATH),
        ("https://a.ca/é", BAD_PATH),
    ],
)
def test_what_is_no_base_url_is_refused_with_its_reason(text, reason):
    assert refused(text, leading_to("93.184.216.34")) is reason


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", LOOPBACK),
        ("127.8.9.10", LOOPBACK),
        ("::1", LOOPBACK),
        ("0.0.0.0", LOOPBACK),  # noqa: S104 - judged, not bound
        ("::", LOOPBACK),
        ("169.254.169.254", LINK_LOCAL),
        ("fe80::1", LINK_LOCAL),
        ("10.1.2.3", PRIVATE),
        ("172.16.0.1", PRIVATE),
        ("192.168.1.1", PRIVATE),
        ("100.64.0.1", PRIVATE),
        ("fd00::1", PRIVATE),
        ("198.18.0.1", PRIVATE),
        ("192.88.99.1", PRIVATE),
        ("fec0::1", PRIVATE),
        ("3fff::1", PRIVATE),
        ("5f00::1", PRIVATE),
        ("168.63.129.16", PRIVATE),
        ("255.255.255.255", PRIVATE),
        ("224.0.0.1", NOT_UNICAST),
        ("ff02::1", NOT_UNICAST),
        ("::ffff:127.0.0.1", LOOPBACK),
        ("::ffff:169.254.169.254", LINK_LOCAL),
        ("64:ff9b::7f00:1", LOOPBACK),
        ("64:ff9b::a9fe:a9fe", LINK_LOCAL),
        ("2002:7f00:1::", LOOPBACK),
    ],
)
def test_an_address_inside_is_refused_with_its_reason(address, reason):
    assert refuse_address(ipaddress.ip_address(address), ()) is reason
    assert refused("https://innocent.example", leading_to(address)) is reason


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"])
def test_an_address_outside_is_taken(address):
    assert refuse_address(ipaddress.ip_address(address), ()) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "127.0.0.1.", "127.1.", "localhost",
             "localhost.", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_every_spelling_of_loopback_is_judged_by_what_it_means(host):
    assert refused(f"http://{host}:8080/", AddressPolicy()) is LOOPBACK


def test_one_bad_address_among_good_ones_refuses_the_name():
    assert refused("https://a.ca", leading_to("93.184.216.34", "10.0.0.1")) is PRIVATE


def test_the_operator_can_open_a_network_and_only_that_one():
    policy = leading_to("10.1.2.3", allowed=["10.1.0.0/16"])

    assert check_base_url("http://inside.example", policy).host == "inside.example"
    assert refused("http://inside.example", leading_to("10.2.0.1", allowed=["10.1.0.0/16"])) is PRIVATE


@pytest.mark.parametrize(
    "own",
    [("127.0.0.1", 8000), ("0.0.0.0", 8000), ("localhost", 8000), ("gateway.example", 8000)],  # noqa: S104 - compared, not bound
)
def test_the_gateway_itself_is_refused_even_in_an_open_network(own):
    policy = leading_to("127.0.0.1", allowed=["127.0.0.0/8"], own=[own])

    assert refused("http://gateway.example:8000/api", policy) is OURSELVES
    assert check_base_url("http://gateway.example:8001/api", policy).port == 8001


@pytest.mark.parametrize("own", ["127.0.0.1", "0.0.0.0", "::", "::1", "", "localhost"])  # noqa: S104 - compared, not bound
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "::1", "::ffff:127.0.0.9"])  # noqa: S104 - judged, not bound
def test_our_port_at_any_address_of_loopback_is_ourselves(own, address):
    policy = leading_to(address, allowed=["0.0.0.0/0", "::/0"], own=[(own, 8000)])

    assert refused("http://department.example:8000", policy) is OURSELVES
    assert check_base_url("http://department.example:8001", policy).port == 8001


@pytest.mark.parametrize("own", ["0.0.0.0", "::", ""])  # noqa: S104 - compared, not bound
def test_who_listens_everywhere_listens_at_every_address_of_this_machine_and_of_no_other(own):
    def policy(address):
        return leading_to(address, allowed=["0.0.0.0/0"], own=[(own, 8000)])

    assert {refused("http://a.ca:8000", policy(address)) for address in addresses_of_this_machine()} == {OURSELVES}
    assert check_base_url("http://a.ca:8000", policy("93.184.216.34")).port == 8000


def addresses_of_this_machine():
    """What Linux tells of itself; elsewhere, what every machine has."""
    told = Path("/proc/net/fib_trie")
    found = re.findall(r"-- (\S+)\n\s+/32 host LOCAL", told.read_text(encoding="ascii")) if told.exists() else []
    return {"127.0.0.1", *found}


@pytest.mark.parametrize("own", ["93.184.216.35", "gateway.example"])
def test_a_service_beside_a_gateway_that_listens_elsewhere_may_have_the_same_port(own):
    policy = leading_to("127.0.0.1", allowed=["127.0.0.0/8"], own=[(own, 8000)])

    assert check_base_url("http://department.example:8000", policy).port == 8000


def test_a_name_that_does_not_resolve_yet_is_taken():
    def nowhere(host, port):
        raise OSError

    assert check_base_url("https://soon.example", AddressPolicy(resolve=nowhere)).host == "soon.example"


def test_networks_are_read_from_settings():
    assert AddressPolicy.of(["10.0.0.0/8", "::1/128"]).allowed_networks[1].version == 6
    with pytest.raises(ValueError, match="not-a-network"):
        AddressPolicy.of(["not-a-network"])


def test_resolving_needs_no_network_for_an_address():
    assert resolve("127.0.0.1", 80) == ("127.0.0.1",)


@given(st.ip_addresses())
def test_no_address_is_taken_that_is_not_global(ip):
    if refuse_address(ip, ()) is None:
        assert (
            ip.is_global
            or getattr(ip, "ipv4_mapped", None)
            or getattr(ip, "sixtofour", None)
            or str(ip).startswith("64:ff9b")
        )


@given(st.text(max_size=40))
def test_garbage_is_refused_and_nothing_worse(text):
    with contextlib.suppress(AddressRefused):
        assert parse_base_url(text).scheme in {"http", "https"}
