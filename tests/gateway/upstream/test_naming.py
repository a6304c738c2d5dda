import socket
import threading

import pytest

from gateway.upstream.naming import FRESH, LAST_GOOD, Names, SlowNames, within


class Servers:
    """Name servers, and a clock."""

    def __init__(self):
        self.now = 0.0
        self.asked = 0
        self.answer: object = ("192.0.2.1",)
        self.names = Names(self.resolve, lambda: self.now)

    def resolve(self, host, port):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ask(self):
        return self.names.wait_for("a.example", 80, 5.0)


@pytest.fixture
def servers():
    return Servers()


def test_an_answer_is_used_for_a_moment_and_then_asked_for_anew(servers):
    assert [servers.ask(), servers.ask()] == [("192.0.2.1",)] * 2
    assert servers.asked == 1

    servers.now += FRESH + 0.1
    servers.answer = ("192.0.2.2",)

    assert (servers.ask(), servers.asked) == (("192.0.2.2",), 2)


def test_the_last_good_answer_serves_while_name_servers_fail_but_not_for_ever(servers):
    servers.ask()
    servers.answer = socket.gaierror(-3, "try again")

    servers.now = LAST_GOOD - 1
    assert [servers.ask(), servers.ask()] == [("192.0.2.1",)] * 2
    assert servers.asked == 2  # a failure too is not repeated at each connection

    servers.now = LAST_GOOD + FRESH + 1
    with pytest.raises(socket.gaierror):
        servers.ask()


def test_a_name_that_was_never_known_fails(servers):
    servers.answer = socket.gaierror(-2, "unknown")

    with pytest.raises(socket.gaierror):
        servers.ask()


def test_all_who_ask_at_once_wait_for_one_answer():
    gate, asked = threading.Event(), []

    def resolve(host, port):
        asked.append(host)
        gate.wait(5)
        return ("192.0.2.1",)

    names = Names(resolve)
    answers = [names.ask("a.example", 80) for _ in range(20)]
    gate.set()

    assert {answer.result(5) for answer in answers} == {("192.0.2.1",)}
    assert asked == ["a.example"]


def test_name_servers_that_do_not_answer_are_waited_for_in_bounds():
    gate = threading.Event()

    def resolve(host, port):
        gate.wait(5)
        return ()

    with pytest.raises(SlowNames):
        Names(resolve).wait_for("a.example", 80, 0.01)
    gate.set()


def test_a_page_waits_no_longer_than_it_was_said_to():
    gate = threading.Event()

    def resolve(host, port):
        gate.wait(5)
        return ()

    with pytest.raises(SlowNames):
        within(0.01, resolve)("a.example", 80)
    gate.set()
    assert within(5, lambda host, port: ("192.0.2.1",))("a.example", 80) == ("192.0.2.1",)
