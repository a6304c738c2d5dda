import pytest
from structlog.testing import capture_logs

from gateway.store.missed import AGAIN_SECONDS, Missed

FULL = OSError("No space left on device")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_it_is_tried_again_once_a_second_and_by_one_only(clock):
    missed = Missed(lambda _calls: None, clock)
    missed.one("req_1", FULL)

    soon = [missed.tries_again() for _ in range(3)]
    clock.now += AGAIN_SECONDS
    later = [missed.tries_again() for _ in range(3)]

    assert (soon, later) == ([False, False, False], [True, False, False])


def test_the_first_that_is_missed_is_told_and_at_the_end_how_many_there_were(clock):
    lost: list[int] = []
    missed = Missed(lost.append, clock)

    with capture_logs() as logs:
        missed.one("req_1", FULL)
        missed.one("req_2")
        missed.one("req_3", FULL)
        missed.end()

    assert [(entry["log_level"], entry.get("request_id"), entry.get("calls")) for entry in logs] == [
        ("error", "req_1", None),
        ("warning", None, 3),
    ]
    assert (sum(lost), missed.calls) == (3, 0)


def test_the_next_time_is_told_too(clock):
    missed = Missed(lambda _calls: None, clock)

    with capture_logs() as logs:
        for _ in range(2):
            missed.one("req_1", FULL)
            missed.end()
            missed.end()

    assert [entry["log_level"] for entry in logs] == ["error", "warning"] * 2
