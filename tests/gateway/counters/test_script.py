from datetime import UTC, datetime

import pytest

from gateway.counters.script import SHELVES, TEXT, Said, keys_of, read, told
from gateway.domain.plans import Window

NOON = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp())
WINDOWS = (Window("minute", 5), Window("day", 9))
BOUNDS = tuple(window.bounds(NOON) for window in WINDOWS)
KEYS = keys_of("sub_1", WINDOWS, BOUNDS)


@pytest.fixture
def run(empty_valkey):
    """Runs the script at a moment, in milliseconds after noon, for one call and with nothing settling."""

    def run_it(*, at=0, settle=0, recorded=(0, 0), bounds=BOUNDS, reset_at=0, **given):
        keys = keys_of("sub_1", WINDOWS, bounds)
        wish = {"least": 1, "most": 1, "fraction": 1, "held": 0, "back": 0, "birth": "", "deadline": ""} | given
        parts = (NOON * 1000 + at, settle, *wish.values(), *told(WINDOWS, bounds, reset_at, recorded))
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


def test_a_count_that_was_reset_is_known_from_that_moment(run):
    run()
    began = tuple((NOON - 60, NOON + 60) for _ in WINDOWS)

    assert run(recorded=None, bounds=began, at=9_000).status == "unknown"
    assert run(recorded=None, bounds=began, at=9_000, reset_at=NOON + 5).used == (1, 1)


def test_a_count_that_was_reset_is_on_the_shelf_of_the_one_before():
    assert keys_of("sub_1~1795348800", WINDOWS, BOUNDS)[0] == KEYS[0]
    assert keys_of("sub_1~1795348800", WINDOWS, BOUNDS)[1:] != KEYS[1:]


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
    assert read([b"told", b"1500", b"b", 2, 3, 4]) == Said("told", 1.5, "b", 2, (3, 4))
    assert read([b"moved", b"1500", b"b"]) == Said("moved", 1.5, "b", 0, ())
