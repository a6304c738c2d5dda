"""The shared ledger under load, by several processes, while they come, go and die, and while its server does.

All of them spend what is one window's; what is asserted is how many calls were admitted in all.
"""

from functools import partial

import pytest

from tests.spending import spending
from tests.waiting import eventually, settled

LIMIT = 2_000
CHOICES = ("refuse", "leased", "share")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "served"
    made.mkdir()
    return made


def reached(spenders, part):
    return spenders.served > LIMIT * part


def are_served(spenders, share):
    """Whether so much of the limit is served in the end, and no more than the limit."""
    eventually(lambda: spenders.served >= LIMIT * share)
    return settled(lambda: spenders.served) <= LIMIT


def test_several_processes_admit_the_limit_and_not_one_more(empty_valkey, folder):
    with spending(empty_valkey.url, folder, LIMIT, processes=4) as spenders:
        assert are_served(spenders, 0.99)


def test_processes_that_are_killed_strand_little_and_never_admit_more(empty_valkey, folder):
    with spending(empty_valkey.url, folder, LIMIT, processes=4) as spenders:
        for part in (0.3, 0.6):
            eventually(partial(reached, spenders, part))
            spenders.die()
            spenders.join()

        assert are_served(spenders, 0.95)


def test_nodes_may_join_and_leave(empty_valkey, folder):
    with spending(empty_valkey.url, folder, LIMIT, processes=2) as spenders:
        for part, deed in ((0.2, spenders.join), (0.4, spenders.leave), (0.6, spenders.join), (0.8, spenders.leave)):
            eventually(partial(reached, spenders, part))
            deed()

        assert are_served(spenders, 0.99)


def _stop(server):
    server.kill()
    return server.start


def _empty(server):
    server.client().flushall()
    return lambda: None


def _pause(server):
    server.pause()
    return server.resume


def _fill(server):
    server.client().config_set("maxmemory", 1)
    return lambda: server.client().config_set("maxmemory", 0)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("lose", [_stop, _empty, _pause, _fill])
def test_a_store_that_is_lost_and_found_under_load_costs_nothing_and_gives_nothing_away(
    own_valkey, folder, lose, choice
):
    with spending(own_valkey.url, folder, LIMIT, choice=choice) as spenders:
        eventually(lambda: spenders.served > LIMIT / 3)
        find = lose(own_valkey)
        while_away = settled(lambda: spenders.served)
        find()

        assert while_away < LIMIT
        assert are_served(spenders, 0.95)


@pytest.mark.parametrize(
    ("choice", "fewest", "most"), [("refuse", 0, 3 / 32), ("leased", 0, 3 / 32), ("share", 1 / 16, 3 / 16)]
)
def test_while_the_store_is_away_three_processes_serve_what_they_hold(own_valkey, folder, choice, fewest, most):
    with spending(own_valkey.url, folder, LIMIT, choice=choice) as spenders:
        eventually(lambda: spenders.served > LIMIT / 2)
        own_valkey.kill()
        before = spenders.served

        served = settled(lambda: spenders.served) - before

    left = LIMIT - before
    assert left * fewest * 0.8 <= served <= left * most * 1.2
