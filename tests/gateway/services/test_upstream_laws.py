"""All that is wrong with what was said of a service is told at once, each fault at its path, in both languages."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from gateway.domain.errors import ADDRESS_REFUSED, INVALID
from gateway.pipeline.service import Check, Waits
from gateway.services.upstream_laws import LONGEST_URL, MOST_TARGETS, RANGES, Judging, Place, Upstream, at
from gateway.upstream.addresses import AddressPolicy
from tests.fixtures.publishing import ELSEWHERE, NOW
from tests.pem import pasted

GOOD = at("https://a.example.ca")


def faults(said: Upstream, *, kept: str = "", policy: AddressPolicy = ELSEWHERE) -> set[str]:
    """The paths at fault, joined by dots."""
    judging = Judging()
    judging.read_tls(judging.read(said, policy), kept, NOW)
    assert all(words.en != words.fr for words in judging.faults.values())
    return {".".join(path) for path in judging.faults}


def with_number(path: tuple[str, ...], value: Any) -> Upstream:
    """A good service of which one number is this."""
    first, name = path[0], path[-1]
    checked = replace(GOOD, check=Check("/health", every=3_600, timeout=0.1))
    if first == "targets":
        return replace(GOOD, targets=(Place("https://a.example.ca", value),))
    if first == "waits":
        return replace(GOOD, waits=replace(GOOD.waits, **{name: value}))
    if first == "check":
        held = replace(Check("/health", every=3_600, timeout=0.1), **{name: value})
        return replace(checked, check=replace(held, timeout=min(held.timeout, held.every)) if name == "every" else held)
    return replace(GOOD, **{name: value})


def test_a_service_of_which_only_its_address_was_said_is_good():
    assert faults(GOOD) == set()


@pytest.mark.parametrize("path", RANGES, ids=".".join)
def test_a_number_is_taken_up_to_its_bounds_and_no_further(path):
    least, most = RANGES[path]
    told = ".".join(("targets", "0", "weight") if path[0] == "targets" else path)

    for value in (least, most):
        assert faults(with_number(path, value)) == set()
    for value in (least - 0.05, most + 0.05, -1, nan, inf):
        assert told in faults(with_number(path, value))


def test_a_whole_call_needs_no_bound():
    assert faults(replace(GOOD, waits=Waits(total=None))) == set()


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:9000", "http://[::1]/", "http://169.254.169.254/latest", "http://10.1.2.3", "ftp://example.ca",
     "https://user:secret@example.ca", "https://gateway.example.ca", "example.ca", "https://example.ca/?q=1"],
)  # fmt: skip
def test_every_address_is_judged_by_the_policy_in_both_languages(base_url):
    def literal(host: str, _port: int) -> tuple[str, ...]:
        return (host,) if host[0] in "1:" else ("142.32.0.1",)

    policy = AddressPolicy(own=(("gateway.example.ca", 443),), resolve=literal)
    judging = Judging()

    judging.read(Upstream((Place("https://a.example.ca"), Place(base_url))), policy)

    refusal = judging.told()
    assert refusal
    assert refusal.kind == ADDRESS_REFUSED
    assert set(refusal.faults) == {("targets", "1", "base_url")}
    assert refusal.detail.en != refusal.detail.fr


def test_addresses_are_as_many_as_can_be_looked_at_and_each_is_there_once():
    many = tuple(Place(f"https://a{number}.example.ca") for number in range(MOST_TARGETS))

    assert faults(Upstream(many)) == set()
    assert faults(Upstream((*many, Place("https://b.example.ca")))) == {"targets"}
    assert faults(Upstream(())) == {"targets"}
    assert faults(at(" ")) == {"targets.0.base_url"}
    assert faults(at("https://a.ca/" + "a" * LONGEST_URL)) == {"targets.0.base_url"}
    assert faults(Upstream((Place("https://a.ca"), Place("HTTPS://A.ca:443/")))) == {"targets.1.base_url"}


@pytest.mark.parametrize(
    ("path", "is_good"), [("/", True), ("/a?b=c", True), ("", False), ("a", False), ("/a b", False)]
)
def test_a_check_asks_for_a_path(path, is_good):
    assert faults(replace(GOOD, check=Check(path))) == (set() if is_good else {"check.path"})


def test_a_check_ends_before_the_next_begins():
    assert faults(replace(GOOD, check=Check("/", every=5, timeout=6))) == {"check.timeout"}


def test_certificates_and_keys_are_told_apart_and_belong_together():
    ours, other = pasted(), pasted()

    assert faults(replace(GOOD, authorities=other.certificate, certificate=ours.certificate, key=ours.key)) == set()
    assert faults(replace(GOOD, certificate=ours.certificate), kept=ours.key) == set()
    assert faults(replace(GOOD, certificate=ours.certificate), kept=other.key) == {"tls.key"}
    assert faults(replace(GOOD, certificate=ours.certificate)) == {"tls.key"}
    assert faults(replace(GOOD, certificate=ours.certificate, key=other.key)) == {"tls.key"}
    assert faults(replace(GOOD, key=ours.key)) == {"tls.certificate"}
    assert faults(replace(GOOD, certificate=ours.key, authorities="x")) == {"tls.certificate", "tls.authorities"}
    assert faults(replace(GOOD, authorities="-" * 40_000)) == {"tls.authorities"}


def test_everything_that_is_wrong_is_told_at_once():
    wrong = Upstream(
        targets=(Place("nowhere", 0), Place("")),
        waits=Waits(0, 0, 301, nan),
        retries=4,
        check=Check("x", 0, 61),
        authorities="x",
        certificate="y",
        most_in_flight=0,
    )
    judging = Judging()
    judging.read_tls(judging.read(wrong, ELSEWHERE), "", NOW)

    refusal = judging.told()

    assert refusal
    assert refusal.kind == INVALID
    assert {".".join(path) for path in refusal.faults} == {
        "targets.0.base_url", "targets.0.weight", "targets.1.base_url", "waits.connect", "waits.first_byte",
        "waits.idle", "waits.total", "retries", "check.path", "check.every", "check.timeout", "tls.authorities",
        "tls.certificate", "most_in_flight",
    }  # fmt: skip
    assert "nan" not in refusal.detail.en
