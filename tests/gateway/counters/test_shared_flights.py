"""The shared ledger's calls under way, where the store does not do as it should."""

import pytest

from gateway.counters.connecting import client_for
from gateway.counters.counts import Counts
from gateway.counters.places import LASTS_SECONDS
from gateway.counters.redis import RedisLedger
from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import LEDGER_AWAY, RATIONED, Failure
from tests.ledgers import Clock

THREE = Charge("sub_1", (Window("call", 3, "concurrency"),))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def begin(clock, own_valkey):
    begun = []

    def begin(settles=0.0):
        connect = client_for(own_valkey.url)
        begun.append(RedisLedger(lambda: Counts(connect, lambda *_: [0], clock, now=clock, settles=settles), clock))
        return begun[-1]

    yield begin
    for ledger in begun:
        ledger.close()


def admitted(ledger, when_away="leased"):
    return ledger.enter((THREE,), when_away).budget.admitted


def killed(ledger):
    """Nobody renews what it has, or gives it back."""
    ledger._keeper.stop()


def test_the_places_of_who_is_killed_come_back_when_its_lease_ends_and_not_before(begin, clock):
    dies, lives = begin(), begin()
    assert [admitted(dies) for _ in range(2)] == [True, True]
    killed(dies)

    clock.now += LASTS_SECONDS - 0.01
    assert [admitted(lives) for _ in range(2)] == [True, False]
    clock.now += 0.2
    lives.look_after()
    assert [admitted(lives) for _ in range(3)] == [True, True, False]


def test_calls_that_last_longer_than_a_lease_keep_their_places(begin, clock):
    one, other = begin(), begin()
    assert [admitted(one) for _ in range(3)] == [True] * 3
    for _ in range(12):
        clock.now += 1
        one.look_after()

    assert not admitted(other)


def test_nobody_is_let_in_on_a_lease_that_ended_while_the_store_was_away(begin, clock, own_valkey):
    ledger = begin()
    stays = [ledger.enter((THREE,)) for _ in range(2)]
    ledger.leave(stays[0])
    own_valkey.kill()

    with pytest.raises(Failure) as nothing_leased:
        [admitted(ledger) for _ in range(2)]
    ledger.leave(stays[1])
    assert admitted(ledger)
    with pytest.raises(Failure) as refused:
        admitted(ledger, "refuse")
    clock.now += LASTS_SECONDS
    with pytest.raises(Failure) as ended:
        admitted(ledger)

    assert [failure.value.row for failure in (nothing_leased, refused, ended)] == [RATIONED, LEDGER_AWAY, RATIONED]
    own_valkey.start()


def test_a_store_that_was_emptied_gives_no_place_before_it_has_heard_who_has_some(begin, clock, own_valkey):
    one, other = begin(3.5), begin(3.5)
    with pytest.raises(Failure):
        admitted(one)
    clock.now += 4
    assert [admitted(one) for _ in range(3)] == [True] * 3

    own_valkey.client().flushall()
    with pytest.raises(Failure):
        admitted(other)
    clock.now += 1.1
    one.look_after()
    clock.now += 3

    assert not admitted(other)


def test_what_is_left_is_what_neither_we_nor_others_have(begin):
    one, other = begin(), begin()
    stay = one.enter((THREE,))
    admitted(other)

    assert [ledger.left((THREE,)).left[0].remaining for ledger in (one, other, begin())] == [1, 1, 1]
    one.leave(stay)
    assert one.left((THREE,)).left[0].remaining == 2


def test_to_ask_what_is_left_changes_nothing_of_what_is_leased(begin, clock, own_valkey):
    ledger = begin()
    stays = [ledger.enter((THREE,)) for _ in range(2)]
    ledger.leave(stays[0])
    before = leased(own_valkey)
    clock.now += 0.5

    ledger.left((THREE,))
    begin().left((THREE,))

    assert leased(own_valkey) == before != []


def leased(valkey):
    """The places in the store, of whom and until when."""
    client = valkey.client()
    return [client.hgetall(key) for key in client.keys("*:concurrency")]


def test_who_ends_well_gives_all_places_back(begin):
    ends, stays = begin(), begin()
    assert [admitted(ends) for _ in range(3)] == [True] * 3
    ends.close()

    assert admitted(stays)
