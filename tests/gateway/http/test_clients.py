from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.clients import account_of, client_address, network_of, shortened

PEER = "192.0.2.1"
CLAIMED = "198.51.100.9, 203.0.113.5,,2001:DB8::6 "


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, PEER), (1, "2001:db8::6"), (2, "203.0.113.5"), (3, "198.51.100.9"), (4, PEER)]
)
def test_only_what_trusted_proxies_wrote_is_believed(proxies, address):
    assert client_address(PEER, CLAIMED, proxies) == address


@pytest.mark.parametrize("claimed", ["", ",", '";evil', "a b"])
def test_what_is_no_address_is_not_believed(claimed):
    assert client_address(PEER, claimed, 1) == PEER


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_network_is_what_one_household_has_at_least(address, network):
    assert network_of(address) == network


@given(st.text())
def test_every_text_is_in_some_network(text):
    assert isinstance(network_of(text), str)


@given(st.ip_addresses())
def test_a_network_is_in_itself(address):
    network = network_of(str(address))

    assert network_of(network.partition("/")[0]) == network


@pytest.mark.parametrize(
    ("address", "told"), [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("camille", None)]
)
def test_a_log_is_told_the_network_of_an_address_and_no_name(address, told):
    assert shortened(address) == told


def accounts(*addresses, key=b"k"):
    return {account_of(address, key) for address in addresses}


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_all_addresses_of_one_64_are_one_account_and_the_next_64_is_another(address, host):
    network = int(address) >> 64 << 64
    neighbour = ip_address(network ^ 1 << 64)
    if not {0, 0xFFFF}.isdisjoint({network >> 64, int(neighbour) >> 64}):
        return  # where IPv4 addresses are written as IPv6 ones

    assert len(accounts(str(address), str(ip_address(network + host)))) == 1
    assert len(accounts(str(address), str(neighbour))) == 2


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_each_ipv4_address_is_an_account_however_it_is_written(one, other):
    assert len(accounts(str(one), f"::ffff:{one}", f"::FFFF:{int(one) >> 16:x}:{int(one) & 0xFFFF:x}")) == 1
    assert (accounts(str(one)) == accounts(str(other))) == (one == other)


def test_an_account_tells_no_address_and_is_another_one_elsewhere():
    (here,), (elsewhere,) = accounts("203.0.113.7"), accounts("203.0.113.7", key=b"another")

    assert here != elsewhere
    assert (len(here), int(here, 16) > 0) == (32, True)
    assert len(accounts("", "unix:", "fe80::1%eth0", "fe80::2%eth1")) == 3
