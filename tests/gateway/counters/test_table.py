from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.counters.table import Table

NOON = 1_795_348_800.0
OPEN = Path("/proc/self/fd")


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(tmp_path, clock):
    """Opens the same table again and again."""
    opened = []

    def open_one(row=4):
        opened.append(Table(tmp_path / "table", row, clock, 0.05))
        return opened[-1]

    yield open_one
    for table in opened:
        table.close()


def add(slot, kept_until):
    slot.words[slot.until] = kept_until
    slot.words[slot.first] += 1
    return slot.words[slot.first]


def numbers(table, keys):
    return [table.hold(key, lambda slot, _: slot.number, None) for key in keys]


def test_a_table_grows_and_loses_nothing_and_all_who_have_it_open_see_it(make):
    first, second = make(), make()
    keys = [f"key_{number}" for number in range(5_000)]
    for key in keys[:10]:
        first.hold(key, add, int(NOON) + 9)

    for key in keys:
        second.hold(key, add, int(NOON) + 9)

    assert Counter(first.hold(key, add, int(NOON) + 9) for key in keys) == {3: 10, 2: 4_990}
    assert len(set(numbers(first, keys))) == 5_000
    assert numbers(make(), keys) == numbers(first, keys)


def test_a_slot_whose_time_is_over_is_given_to_another_key_and_begins_at_nothing(make, clock, tmp_path):
    table = make()
    for number in range(800):
        table.hold(f"old_{number}", add, int(NOON) + 9)
    size = (tmp_path / "table").stat().st_size
    clock.now = NOON + 100

    counts = {table.hold(f"new_{number}", add, int(NOON) + 900) for number in range(800)}

    assert counts == {1}
    assert (tmp_path / "table").stat().st_size == size


def test_one_who_remembers_a_slot_that_is_anothers_now_finds_its_own_anew(make, clock):
    first, second = make(), make()
    keys = [f"key_{number}" for number in range(800)]
    for key in keys:
        first.hold(key, add, int(NOON) + 9)
    clock.now = NOON + 100
    others = {second.hold(f"other_{number}", add, int(NOON) + 900) for number in range(800)}

    assert others == {1}
    assert {first.hold(key, add, int(NOON) + 900) for key in keys} <= {1, 2}
    assert {second.hold(f"other_{number}", add, int(NOON) + 900) for number in range(800)} == {2}


def test_threads_that_need_new_slots_at_once_each_get_one(make):
    table = make()

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda number: table.hold(f"key_{number % 500}", add, int(NOON) + 9), range(4_000)))

    assert Counter(counts) == dict.fromkeys(range(1, 9), 500)


def test_asking_whether_a_key_has_a_slot_gives_it_none(make):
    table = make()

    assert not table.has("key")
    table.hold("key", add, int(NOON) + 9)

    assert table.has("key")
    assert make().has("key")
    assert not make().has("other")


def test_what_goes_wrong_while_a_slot_is_held_gives_it_back(make):
    first, second = make(), make()

    def fail(_slot, _given):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first.hold("key", fail, None)

    assert second.hold("key", add, int(NOON) + 9) == 1


def test_a_slot_is_held_against_others_in_this_process_too(make):
    first, second = make(), make()
    second.hold("key", add, int(NOON) + 9)

    with pytest.raises(TimeoutError):
        first.hold("key", lambda _slot, _given: second.hold("key", add, int(NOON) + 9), None)


def test_who_must_not_wait_is_told_otherwise_while_another_holds_the_slot(make):
    first, second = make(), make()
    kept_until = int(NOON) + 9
    told = [first.hold_at_once("key", add, kept_until, "otherwise")]  # nobody knows where it is yet
    first.hold("key", add, kept_until)
    told += [first.hold_at_once("key", add, kept_until, "otherwise")]
    told += [second.hold("key", lambda _slot, _: first.hold_at_once("key", add, kept_until, "otherwise"), None)]
    told += [first.hold("key", lambda _slot, _: first.hold_at_once("key", add, kept_until, "otherwise"), None)]
    told += [first.hold_at_once("key", add, kept_until, "otherwise")]

    assert told == ["otherwise", 2, "otherwise", "otherwise", 3]


def test_and_so_is_one_whose_slot_is_anothers_now(make, clock):
    table = make()
    for number in range(800):
        table.hold(f"key_{number}", add, int(NOON) + 9)
    clock.now = NOON + 100
    other = make()
    for number in range(800):
        other.hold(f"other_{number}", add, int(NOON) + 900)

    told = {table.hold_at_once(f"key_{number}", add, int(NOON) + 900, "otherwise") for number in range(800)}

    assert "otherwise" in told
    assert told <= {"otherwise", 2}


def test_what_goes_wrong_at_once_gives_the_slot_back_too(make):
    first, second = make(), make()
    first.hold("key", add, int(NOON) + 9)

    with pytest.raises(ZeroDivisionError):
        first.hold_at_once("key", lambda _slot, given: given // 0, 1, None)

    assert second.hold("key", add, int(NOON) + 9) == 2


def test_rows_of_another_length_are_another_version(make):
    make(row=4).hold("key", add, int(NOON) + 9)

    with pytest.raises(OSError, match="no table of this version"):
        make(row=8).hold("key", add, int(NOON) + 9)


def test_what_is_opened_is_closed(make):
    table = make()
    before = len(list(OPEN.iterdir()))

    for _ in range(3):
        table.hold("key", add, int(NOON) + 9)
        table.close()

    assert len(list(OPEN.iterdir())) == before
