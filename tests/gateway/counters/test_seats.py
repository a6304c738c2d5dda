import os
import subprocess
import sys

import pytest

from gateway.counters.seats import SEATS, Seat, Seats
from tests.house.sources import ROOT

SITTER = """
import sys
from pathlib import Path
from gateway.counters.seats import Seats
print(*Seats(Path(sys.argv[1])).own(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def take(tmp_path):
    taken = []

    def take():
        taken.append(Seats(tmp_path / "seats"))
        return taken[-1]

    yield take
    for seats in taken:
        seats.close()


def test_everybody_has_a_seat_of_their_own_and_keeps_it(take):
    found = [take() for _ in range(3)]

    assert [seats.own().number for seats in found] == [0, 1, 2]
    assert [seats.own() for seats in found] == [seats.own() for seats in found]
    assert all(seats.is_taken(each.own()) for seats in found for each in found)


def test_a_seat_that_was_left_is_nobodys_and_the_next_ones_is_another_term(take):
    one, other = take(), take()
    left = one.own()
    other.own()

    one.close()

    assert not other.is_taken(left)
    again = one.own()
    assert again.number == left.number
    assert not other.is_taken(left)
    assert other.is_taken(again)


def test_who_only_looks_takes_no_seat(take):
    one, looks = take(), take()

    assert looks.is_taken(one.own())
    assert not looks.is_taken(Seat(7, 1))
    assert take().own().number == 1


def test_the_seat_of_a_process_that_is_killed_is_free(take, tmp_path):
    sitter = subprocess.Popen(
        [sys.executable, "-c", SITTER, str(tmp_path / "seats")], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert sitter.stdout
    seat, seats = Seat(*map(int, sitter.stdout.readline().split())), take()
    assert seats.is_taken(seat)

    sitter.kill()
    sitter.communicate()

    assert not seats.is_taken(seat)
    assert seats.own().number == seat.number


def test_a_child_has_none_of_its_parents(take):
    seats = take()
    own = seats.own()
    if (child := os.fork()) == 0:
        seats.close()
        os._exit(0 if seats.own().number != own.number else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert take().is_taken(own)


def test_when_all_seats_are_taken_it_is_said(take):
    for _ in range(SEATS):
        take().own()

    with pytest.raises(OSError, match="no seat for another"):
        take().own()
