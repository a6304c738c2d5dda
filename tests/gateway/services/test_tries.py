"""How often a sign-in may be tried: who is stopped, and whom nobody can stop."""

import pytest

from gateway.counters.local import LocalLedger
from gateway.domain.errors import TOO_MANY_TRIES, DomainError
from gateway.services.tries import TRIES, TRIES_OF_STRANGERS, Origin, Tries
from tests.fixtures.people import NOW

OWNER, OTHER = "camille@example.org", "nobody@example.org"
SECRET = "for tests only, and long enough for it"
HOME, CAFE = Origin("192.0.2.7"), Origin("198.51.100.7")


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    made = LocalLedger(tmp_path / "ledger.db", clock)
    yield made
    made.close()


@pytest.fixture
def tries(ledger):
    return Tries(ledger, SECRET)


def admitted(tries, email, origin) -> bool:
    try:
        tries.count(email, origin)
    except DomainError as error:
        return error.kind is not TOO_MANY_TRIES
    return True


def guess(tries, origins, times, email=OWNER):
    """How many of so many guesses from each origin pass."""
    return sum(admitted(tries, email, origin) for origin in origins for _ in range(times))


def strangers(count, group=0):
    """As many strangers, each in a network of their own."""
    return [Origin(f"203.{group}.{number}.9") for number in range(count)]


@pytest.fixture
def besieged(tries, clock):
    """The owner's account, for as long as strangers together have no try left in this hour."""
    for minute in range(TRIES_OF_STRANGERS[1].limit // TRIES_OF_STRANGERS[0].limit):
        clock.now = NOW.timestamp() + 60 * minute
        guess(tries, strangers(3, group=minute), 10)
    clock.now += 60
    return tries


def test_a_stranger_stops_themselves_and_not_the_owner_elsewhere(tries):
    assert guess(tries, [CAFE], 1_000) == TRIES[0].limit
    assert admitted(tries, OWNER, HOME)


def test_a_stranger_who_changes_address_in_their_network_is_counted_on(tries):
    guess(tries, [Origin("2001:db8:1::1")], TRIES[0].limit)

    assert not admitted(tries, OWNER, Origin("2001:db8:1:ffff::2"))


def test_whoever_waits_may_try_again_and_is_told_how_long(tries, clock):
    guess(tries, [CAFE], TRIES[0].limit)
    clock.now += 20

    with pytest.raises(DomainError) as caught:
        tries.count(OWNER, CAFE)

    assert caught.value.members == {"retry_after": 40}
    assert "40" in caught.value.detail.fr
    clock.now += 40
    assert admitted(tries, OWNER, CAFE)


def test_after_an_hours_tries_the_wait_is_to_the_end_of_the_hour(tries, clock):
    for number in range(TRIES[1].limit):
        clock.now = NOW.timestamp() + number * 6
        tries.count(OWNER, CAFE)

    clock.now = NOW.timestamp() + 600
    with pytest.raises(DomainError) as caught:
        tries.count(OWNER, CAFE)

    assert caught.value.members == {"retry_after": 3_000}


def test_many_networks_together_try_no_more_than_the_wider_bound(tries):
    assert guess(tries, strangers(50), TRIES[0].limit) == TRIES_OF_STRANGERS[0].limit


def test_whoever_is_stopped_alone_takes_nothing_from_the_wider_bound(tries):
    guess(tries, [CAFE], 1_000)

    assert guess(tries, [HOME], TRIES[0].limit) == TRIES[0].limit


def test_the_owners_browser_gets_in_whatever_strangers_try(besieged):
    assert not admitted(besieged, OWNER, HOME)
    assert admitted(besieged, OWNER, Origin(HOME.address, besieged.proof_for(OWNER)))


def test_the_owners_browser_is_known_in_another_network_and_after_a_restart(besieged, ledger):
    proof = besieged.proof_for(OWNER)

    assert admitted(Tries(ledger, SECRET), OWNER, Origin(CAFE.address, proof))


def test_a_known_browser_may_not_try_for_ever_either(besieged):
    known = Origin(HOME.address, besieged.proof_for(OWNER))

    assert guess(besieged, [known], 1_000) == TRIES[0].limit


def test_each_known_browser_has_a_count_of_its_own(besieged):
    stolen, own = (Origin(HOME.address, besieged.proof_for(OWNER)) for _ in range(2))
    guess(besieged, [stolen], 1_000)

    assert admitted(besieged, OWNER, own)


@pytest.mark.parametrize(
    "proof",
    [
        lambda tries, _ledger: tries.proof_for(OTHER),
        lambda tries, _ledger: "another" + tries.proof_for(OWNER),
        lambda tries, _ledger: tries.proof_for(OWNER)[:-1],
        lambda tries, _ledger: tries.proof_for(OWNER).partition(".")[0],
        lambda _tries, ledger: Tries(ledger, "another installation's secret").proof_for(OWNER),
        lambda _tries, _ledger: ".",
        lambda _tries, _ledger: "\ud800.\ud800",
        lambda _tries, _ledger: "x" * 5_000_000,
    ],
    ids=["another account's", "another nonce", "cut", "nonce alone", "another secret", "empty", "odd", "long"],
)
def test_what_proves_nothing_is_a_strangers(besieged, ledger, proof):
    assert not admitted(besieged, OWNER, Origin(HOME.address, proof(besieged, ledger)))


def test_an_address_without_an_account_is_counted_in_the_same_way(tries):
    assert [guess(tries, strangers(9), 10, email) for email in (OWNER, OTHER)] == [TRIES_OF_STRANGERS[0].limit] * 2


def test_tries_at_one_account_do_not_count_against_another(besieged):
    assert admitted(besieged, OTHER, HOME)


@pytest.mark.parametrize("email", ["", "\0", "\ud800", "x" * 320])
def test_whatever_was_typed_as_an_address_is_counted(tries, email):
    assert guess(tries, [HOME], 20, email) == TRIES[0].limit


def test_the_ledger_knows_neither_address_nor_network(tries, tmp_path):
    proof = tries.proof_for(OWNER)
    for origin in (HOME, Origin(HOME.address, proof)):
        tries.count(OWNER, origin)

    kept = (tmp_path / "ledger.db").read_bytes()

    assert any(kept)
    assert not [told for told in ("camille", "192.0.2", proof.partition(".")[0]) if told.encode() in kept]


def test_one_network_has_so_many_letters_written_and_others_are_not_kept_waiting(tries):
    for _ in range(20):
        tries.count_letter(Origin("203.0.113.7"))

    with pytest.raises(DomainError) as refused:
        tries.count_letter(Origin("203.0.113.8"))
    tries.count_letter(Origin("198.51.100.1"))

    assert refused.value.kind is TOO_MANY_TRIES
    assert 0 < refused.value.members["retry_after"] <= 60
