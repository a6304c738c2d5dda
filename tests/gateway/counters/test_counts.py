import time

import pytest

from gateway.counters.connecting import client_for
from gateway.counters.counts import SETTLES_SECONDS, Away, Counts, Settling
from gateway.counters.leases import CONTACT_SECONDS, Return
from gateway.counters.redis import awake
from gateway.counters.script import NOTHING, Wish
from gateway.domain.plans import Window
from gateway.pipeline.refusals import STORE_AWAY, Failure
from tests.fixtures.valkeys import an_away_port
from tests.waiting import eventually

MINUTE = (Window("minute", 100),)


@pytest.fixture
def counts(empty_valkey):
    made = Counts(client_for(empty_valkey.url), lambda _key, _bounds: [7], awake, settles=0)
    yield made
    made.close()


def test_a_lease_is_counted_by_the_stores_clock_whatever_ours_says(empty_valkey):
    counts = Counts(client_for(empty_valkey.url), lambda _key, _bounds: [0], lambda: 5.0, settles=0)

    _, terms = counts.lease("sub_1", MINUTE, Wish(1, 10))

    began, ends = terms.bounds[0]
    assert began <= terms.said.now < ends
    assert abs(terms.said.now - time.time()) < 60
    counts.close()


def test_what_the_store_does_not_know_comes_from_the_record(counts):
    granted, terms = counts.lease("sub_1", MINUTE, Wish(1, 10))

    assert (granted, terms.said.used) == (10, (17,))
    assert counts.lease("sub_1", MINUTE, NOTHING)[1].said.used == (17,)


def test_what_goes_back_can_be_leased_again(counts):
    _, terms = counts.lease("sub_1", MINUTE, Wish(1, 93))
    counts.give_back("sub_1", Return(MINUTE, terms.bounds, terms.said.birth, 3, terms.said.now))

    assert counts.lease("sub_1", MINUTE, Wish(1, 93, 1))[0] in {3, 93}  # 93 when a minute has begun meanwhile


def test_the_script_is_sent_again_to_a_store_that_forgot_it(counts, empty_valkey):
    counts.lease("sub_1", MINUTE, Wish(1, 1))
    empty_valkey.client().script_flush()

    assert counts.lease("sub_1", MINUTE, Wish(1, 1))[0] == 1


def test_a_record_that_cannot_be_read_is_waited_for(empty_valkey):
    def unreadable(_key, _bounds):
        raise Failure(STORE_AWAY)

    counts = Counts(client_for(empty_valkey.url), unreadable, awake, settles=0)

    with pytest.raises(Settling):
        counts.lease("sub_1", (Window("month", 5),), Wish(1, 1))
    counts.close()


def test_a_store_that_was_emptied_settles_first(empty_valkey):
    counts = Counts(client_for(empty_valkey.url), lambda _key, _bounds: [0], awake, settles=60)

    with pytest.raises(Settling):
        counts.lease("sub_1", MINUTE, Wish(1, 1))
    counts.close()


def test_a_store_that_nobody_reaches_is_away():
    counts = Counts(client_for(f"redis://127.0.0.1:{an_away_port()}"), lambda _key, _bounds: [0], awake)

    with pytest.raises(Away):
        counts.lease("sub_1", MINUTE, Wish(1, 1))
    with pytest.raises(Away):
        counts.prove()


def test_a_full_store_is_away_although_it_answers(own_valkey):
    counts = Counts(client_for(own_valkey.url), lambda _key, _bounds: [0], awake, settles=0)
    counts.prove()
    own_valkey.client().config_set("maxmemory", 1)

    with pytest.raises(Away):
        counts.prove()
    with pytest.raises(Away):
        counts.lease("sub_1", MINUTE, Wish(1, 1))
    counts.close()


def test_a_lease_that_cannot_be_written_is_counted_in_none_of_its_windows(own_valkey):
    counts = Counts(client_for(own_valkey.url), lambda _key, bounds: [0] * len(bounds), awake, settles=0)
    windows = (Window("hour", 100), Window("month", 100))
    counts.lease("sub_1", windows, Wish(1, 1))
    own_valkey.client().config_set("maxmemory", 1)
    with pytest.raises(Away):
        counts.lease("sub_1", windows, Wish(1, 1))
    own_valkey.client().config_set("maxmemory", 0)

    used = counts.lease("sub_1", windows, NOTHING)[1].said.used

    assert used in {(1, 1), (0, 1), (0, 0)}  # an hour, or a month, may have begun meanwhile
    counts.close()


def test_it_settles_for_longer_than_anybody_goes_on_without_asking():
    assert SETTLES_SECONDS > CONTACT_SECONDS + 2


def test_a_store_that_stood_still_leases_nothing_to_who_waits_no_more(own_valkey):
    counts = Counts(client_for(own_valkey.url), lambda _key, _bounds: [0], awake, settles=0)
    month = (Window("month", 100),)
    counts.lease("sub_1", month, Wish(1, 1))
    own_valkey.pause()
    with pytest.raises(Away):
        counts.lease("sub_1", month, Wish(1, 50))
    own_valkey.resume()

    assert counts.lease("sub_1", month, NOTHING)[1].said.used == (1,)
    counts.close()


def test_nothing_is_asked_twice_when_an_answer_is_late(own_valkey):
    client = client_for(own_valkey.url + "?socket_timeout=0.05")
    counts = Counts(client, lambda _key, _bounds: [0], awake, settles=0)
    counts.lease("sub_1", MINUTE, Wish(1, 1))
    before = asked(own_valkey)
    own_valkey.pause()
    with pytest.raises(Away):
        counts.lease("sub_1", (Window("month", 100),), Wish(1, 1))
    own_valkey.resume()

    assert asked(own_valkey) <= before + 1
    counts.close()


def test_closing_ends_the_connections_before_the_collector_would(own_valkey):
    client = client_for(own_valkey.url)()
    counts = Counts(lambda: client, lambda _key, _bounds: [0], awake, settles=0)
    counts.lease("sub_1", MINUTE, Wish(1, 1))
    assert ours(own_valkey)

    counts.close()

    eventually(lambda: not ours(own_valkey))


def asked(server):
    with server.client() as client:
        return client.info("commandstats")["cmdstat_evalsha"]["calls"]


def ours(server):
    return [one for one in server.client().client_list() if one["name"] == "guichet"]
