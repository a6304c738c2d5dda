from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.counters.script import SHELVES, TEXT, Said, bounds_of, keys_of, read, record_of, told
from gateway.domain.plans import Window, seconds_of

NOON = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp())
WINDOWS = (Window("minute", 5), Window("day", 9))
BOUNDS = tuple(window.bounds(NOON) for window in WINDOWS)
KEYS = keys_of("sub_1", WINDOWS, BOUNDS)


@pytest.fixture
def run(empty_valkey):
    """Runs the script at a moment, in milliseconds after noon, for one call and with nothing settling."""

    def run_it(*, at=0, settle=0, recorded=(0, 0), bounds=BOUNDS, **given):
        keys = keys_of("sub_1", WINDOWS, bounds)
        wish = {
            "least": 1,
            "most": 1,
            "fraction": 1,
            "held": 0,
            "back": 0,
            "birth": "",
            "since": 0,
            "deadline": "",
        } | given
        parts = (NOON * 1000 + at, settle, *wish.values(), *told(WINDOWS, bounds, recorded))
        with empty_valkey.client() as client:
            return read(client.eval(TEXT, len(keys), *keys, *parts))

    return run_it


def test_all_keys_of_a_charge_are_on_one_shelf_and_shelves_are_few():
    tags = {key.partition("}")[0] for key in KEYS}
    shelves = {keys_of(f"sub_{number}", (), ())[0] for number in range(5_000)}

    assert len(tags) == 1
    assert len(shelves) == SHELVES


def test_the_keys_of_two_windows_of_a_period_are_two():
    assert keys_of("sub_1", WINDOWS, tuple(window.bounds(NOON + 60) for window in WINDOWS)) != KEYS


def test_all_windows_are_leased_together_or_none_is(run):
    assert (run(most=4).granted, run(least=2, most=4).granted) == (4, 0)
    assert run(least=0, most=0).used == (4, 4)


def test_beyond_the_least_nobody_holds_more_than_a_fraction_of_what_is_left(run):
    assert run(most=5, fraction=2, held=1).granted == 2
    assert run(most=5, fraction=4).granted == 1


def test_what_is_leased_by_way_of_precaution_may_be_nothing(run):
    assert run(least=0, most=3, fraction=8).granted == 0
    assert run(least=0, most=3, fraction=1).granted == 3


def test_a_window_that_does_not_hold_the_stores_moment_leases_nothing(run):
    early = tuple(window.bounds(NOON - 60) for window in WINDOWS)

    assert run(bounds=early).status == "moved"
    assert run(at=60_000).status == "moved"
    assert run().used == (1, 1)


def test_who_does_not_wait_any_more_is_leased_nothing(run):
    assert run(at=501, deadline=NOON * 1000 + 500).status == "moved"
    assert run(at=500, deadline=NOON * 1000 + 500).used == (1, 1)


def test_what_goes_back_is_there_for_others_even_after_its_minute(run):
    birth = run(most=5).birth

    run(at=60_000, back=3, birth=birth, least=0, most=0)

    later = tuple(window.bounds(NOON + 60) for window in WINDOWS)
    assert run(at=60_000, bounds=later).used == (1, 3)


def test_nothing_goes_back_to_a_store_that_did_not_count_it(run, empty_valkey):
    birth = run(most=5).birth
    empty_valkey.client().flushall()
    run(at=1, most=2)

    assert run(at=2, back=2, birth=birth, least=0, most=0).status == "unknown"
    assert run(at=3, least=0, most=0).used == (2, 2)


def test_a_store_that_was_just_emptied_leases_nothing_until_the_record_is_complete(run):
    assert run(settle=3_000).status == "settling"
    assert run(settle=3_000, at=2_999).status == "settling"
    assert run(settle=3_000, at=3_000).status == "told"


def test_a_window_that_began_before_the_store_needs_its_count_from_the_record(run):
    assert run(at=1, recorded=None).status == "unknown"
    assert run(at=1, recorded=(3, 6)).used == (4, 7)
    assert run(at=2, recorded=(5, 9)).used == (5, 8)


def test_a_window_that_began_after_the_store_needs_no_record(run):
    later = tuple(window.bounds(NOON + 86_400) for window in WINDOWS)
    run()

    assert run(recorded=None, bounds=later, at=86_400_000).used == (1, 1)


def test_a_count_from_before_the_server_began_anew_is_held_against_the_record(run, empty_valkey):
    run(most=2)
    with empty_valkey.client() as client:
        client.set(KEYS[0], "another run:1")

    assert run(recorded=None, at=1).status == "unknown"
    assert run(recorded=(0, 7), at=1).used == (3, 8)


def test_who_only_asks_or_is_refused_writes_nothing(run, empty_valkey):
    run(at=1, recorded=(5, 5))
    dirty = empty_valkey.client().info("persistence")["rdb_changes_since_last_save"]
    run(at=2)
    run(at=3, least=0, most=0)

    assert empty_valkey.client().info("persistence")["rdb_changes_since_last_save"] == dirty


def test_counts_are_kept_for_an_hour_after_their_windows_and_no_longer(run, empty_valkey):
    run()
    with empty_valkey.client() as client:
        left = [client.pttl(key) for key in KEYS]

    assert left[0] == -1
    assert 3_600_000 < left[1] <= 3_660_000
    assert 3_600_000 + 43_140_000 < left[2] <= 3_600_000 + 43_200_000


def test_a_reply_is_read_as_it_was_said():
    told_of_two = [b"told", b"1500", b"b", b"2", b"3", b"60000", b"1500", b"4", b"90000", b"2500"]

    assert read(told_of_two) == Said("told", 1.5, "b", 2, (3, 4), (60.0, 90.0), (1.5, 2.5))
    assert read([b"moved", b"1500", b"b"]) == Said("moved", 1.5, "b", 0, (), (), ())


ROLLING, RATE = Window("minute", 5, "rolling"), Window("minute", 5, "rate", burst=3)


@pytest.fixture
def lease(empty_valkey):
    """Leases of one window at a moment, in seconds after noon; the calls that were leased before are in the record."""

    def lease_it(window, at=0.0, *, recorded=(0,), **given):
        bounds = (bounds_of(window, given.pop("of", NOON + at)),)
        keys = keys_of("sub_2", (window,), bounds)
        wish = {"least": 1, "most": 1, "fraction": 1, "held": 0, "back": 0, "birth": "", "since": 0, "deadline": ""}
        parts = (int((NOON + at) * 1000), 0, *(wish | given).values(), *told((window,), bounds, recorded))
        with empty_valkey.client() as client:
            return read(client.eval(TEXT, len(keys), *keys, *parts))

    return lease_it


def test_a_call_of_a_rolling_window_counts_for_its_length_and_at_most_a_part_longer(lease):
    assert [lease(ROLLING, at, most=most).granted for at, most in [(0.5, 3), (30, 9), (60.9, 1)]] == [3, 2, 0]
    refused = lease(ROLLING, 60.9)

    assert refused.passes == (NOON + 61,)
    assert refused.whole == (NOON + 91,)
    assert lease(ROLLING, 61, most=9).granted == 3
    assert lease(ROLLING, 91, most=9).granted == 2


def test_a_rate_admits_its_burst_and_then_one_call_after_another(lease):
    assert [lease(RATE, at, most=9).granted for at in (0, 11.999, 12, 24, 24)] == [3, 0, 1, 1, 0]
    refused = lease(RATE, 24.5)

    assert refused.passes == (NOON + 36,)
    assert refused.whole == (NOON + 60,)


@pytest.mark.parametrize("window", [ROLLING, RATE])
def test_a_clock_that_is_set_back_finds_what_was_counted_once_as_if_it_were_now(lease, window):
    lease(window, 3_000, most=2)

    assert lease(window, 0, least=0, most=0).used == (2,)
    lease(window, 0)
    assert lease(window, 0, least=0, most=0).used == (3,)
    assert lease(window, 61, least=0, most=0).used == (0,)


def test_what_goes_back_to_a_rolling_window_leaves_the_part_that_it_was_taken_from(lease):
    birth = lease(ROLLING, 0.2, most=3).birth
    lease(ROLLING, 10, most=1)

    lease(ROLLING, 10, of=NOON, back=2, birth=birth, least=0, most=0)

    assert [lease(ROLLING, at, least=0, most=0).used for at in (10, 61, 71)] == [(2,), (1,), (0,)]


def test_what_goes_back_to_a_rate_is_what_did_not_come_back_by_itself(lease):
    birth = lease(RATE, 0, most=3).birth

    lease(RATE, 1, back=2, birth=birth, since=NOON * 1000, least=0, most=0)

    # Of three calls, each worth twelve seconds, one is owed; and one second of each that went back was waited.
    assert lease(RATE, 1, least=0, most=0).whole == (NOON + 12 + 1,)


@pytest.mark.parametrize(("window", "counted"), [(ROLLING, 5), (RATE, 3)])
def test_what_a_store_lost_of_any_window_comes_from_the_record(lease, window, counted):
    assert lease(window, 1, recorded=None).status == "unknown"
    assert lease(window, 1, recorded=(9,)).granted == 0
    assert lease(window, 1, recorded=None, least=0, most=0).used == (max(counted, 9 if window is ROLLING else 3),)


def test_the_record_is_read_from_where_its_lines_begin():
    at = NOON + 90

    assert record_of(ROLLING, bounds_of(ROLLING, at)) == (NOON, at + 1)
    assert record_of(RATE, bounds_of(RATE, at)) == (NOON, at + 1)
    week = Window("week", 9, "rolling")
    assert record_of(week, bounds_of(week, at))[0] % 3_600 == 0
    assert record_of(WINDOWS[0], BOUNDS[0]) == BOUNDS[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    window=st.builds(
        Window, st.sampled_from(["minute", "hour"]), st.integers(1, 9), st.sampled_from(["rolling", "rate"])
    ),
    steps=st.lists(st.tuples(st.floats(0, 200), st.integers(1, 4), st.booleans()), min_size=1, max_size=25),
)
def test_no_stretch_ever_holds_more_than_was_promised(lease, empty_valkey, window, steps):
    empty_valkey.client().flushall()
    at, leased = 0.0, []
    for wait, most, goes_back in steps:
        at += wait
        said = lease(window, at, most=most, recorded=(0,))
        spent = said.granted - (goes_back and said.granted > 1)
        if spent < said.granted:
            lease(window, at, back=1, birth=said.birth, since=int((NOON + at) * 1000), least=0, most=0, recorded=(0,))
        leased += [at] * spent

    length = seconds_of(window.period)
    for first, begins in enumerate(leased):
        for last in range(first, len(leased)):
            stretch = leased[last] - begins
            if window.kind == "rolling" and stretch < length:
                assert last - first + 1 <= window.limit
            if window.kind == "rate":
                assert last - first + 1 <= window.most + (stretch + 0.001) * window.limit / length
