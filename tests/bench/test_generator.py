import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.generator import Job, Schedule, answer_end, drive, percentile, requests_of

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def answering(answer: bytes, stall: float = 0) -> Iterator[int]:
    """One connection whose requests are each answered with these bytes, the first one after so many seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_all() -> None:
            connection, _ = listener.accept()
            with connection:
                asked = connection.recv(65_536)
                threading.Event().wait(stall)
                while asked:
                    connection.sendall(answer)
                    asked = connection.recv(65_536)

        thread = threading.Thread(target=answer_all)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(20)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(percent, value):
    assert percentile(range(1, 101), percent) == value


def test_calls_of_an_open_loop_are_due_at_their_times_even_when_nobody_looked():
    schedule = Schedule(began=100, seconds=1, rate=4)

    assert list(schedule.due(100.3, free=0)) == [100, 100.25]
    assert list(schedule.due(105, free=0)) == [100.5, 100.75]
    assert schedule.over


def test_calls_of_a_closed_loop_leave_when_a_connection_is_free():
    schedule = Schedule(began=100, seconds=1, rate=0)

    assert list(schedule.due(100.3, free=2)) == [100.3, 100.3]
    assert not schedule.over
    assert not list(schedule.due(101, free=2))
    assert schedule.over


@pytest.mark.parametrize(
    ("held", "end"),
    [(ANSWER, len(ANSWER)), (ANSWER + b"HTTP", len(ANSWER)), (ANSWER[:-1], len(ANSWER)), (ANSWER[:30], None)],
)
def test_the_end_of_an_answer_is_known_once_its_head_is_there(held, end):
    assert answer_end(bytearray(held)) == end


def test_an_answer_without_a_length_is_not_measured():
    with pytest.raises(ValueError, match="without Content-Length"):
        answer_end(bytearray(b"HTTP/1.1 200 OK\r\n\r\n"))


def test_a_request_carries_its_fields_and_its_body():
    request = requests_of(Job(80, ("/a", "/b"), 1, 1, method="POST", headers={"X-A": "1"}, body=3))[1]

    assert request == b"POST /b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nxxx"


def test_every_call_that_was_meant_to_leave_is_counted():
    with answering(ANSWER) as port:
        told = drive(Job(port, ("/",), connections=1, seconds=0.1, rate=100))

    assert (told["calls"], told["errors"]) == (10, 0)


def test_calls_that_wait_behind_a_slow_answer_are_as_late_as_the_answer():
    """No coordinated omission: one stall delays all the calls that should have left meanwhile."""
    with answering(ANSWER, stall=0.3) as port:
        told = drive(Job(port, ("/",), connections=1, seconds=0.1, rate=100))

    assert told["calls"] == 10
    # All were meant to leave in the first tenth of a second, and none was answered in the first three.
    assert told["p50"] > 200


def test_an_answer_that_is_a_refusal_is_an_error():
    with answering(ANSWER.replace(b"200", b"429")) as port:
        told = drive(Job(port, ("/",), connections=1, seconds=0.1, rate=100))

    assert told["errors"] == told["calls"] == 10
