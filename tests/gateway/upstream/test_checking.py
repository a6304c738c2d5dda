"""Active checks: when they are due, and what they do to a real service in the fast lane."""

import threading

import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_UNREACHABLE, Failure
from gateway.pipeline.service import Check
from gateway.upstream.balancing import FAILED_CHECKS, Balance
from gateway.upstream.checking import AWAKE, Checks, Checkup
from tests.asking import opened
from tests.builders import a_service, a_service_on, a_target
from tests.lanes_to_services import lane_to_services
from tests.loopback import serving
from tests.waiting import eventually


class Sent:
    """Checks of one service with two targets, and what they send."""

    def __init__(self, **given):
        targets = (a_target(host="a.example"), a_target(host="b.example"))
        service = a_service(*targets, **({"check": Check("/health", every=10.0, timeout=2.0)} | given))
        self.balance = Balance(service, lambda: 0.0)
        self.all: list[tuple[Send, Checkup]] = []
        self.checks = Checks(lambda request, checkup: self.all.append((request, checkup)))

    def at(self, now):
        """How many are sent at that time."""
        before = len(self.all)
        self.checks.tick([self.balance], now)
        return len(self.all) - before


def test_each_target_is_checked_at_once_and_then_from_time_to_time():
    sent = Sent()

    assert [sent.at(now) for now in (0.0, 5.0, 9.9, 10.0, 19.0, 20.1)] == [2, 0, 0, 2, 0, 2]


def test_a_service_that_wants_no_checks_is_left_in_peace():
    assert Sent(check=None).at(0.0) == 0


def test_an_edited_service_is_checked_at_once():
    sent = Sent()
    sent.at(0.0)
    sent.balance = Balance(sent.balance.service, lambda: 0.0, sent.balance)

    assert sent.at(1.0) == 2


def test_a_check_is_a_get_with_its_own_time_to_one_target_alone():
    sent = Sent(proof_key=b"key")
    sent.at(0.0)

    (request, checkup), (other, _) = sent.all

    assert (request.method, request.path_and_query, request.body) == ("GET", "/health", None)
    assert request.service.targets == (checkup.member.target,) != other.service.targets
    assert (request.service.waits.total, request.service.retries, request.service.proof_key) == (2.0, 0, b"key")
    assert request.headers.get("X-Guichet-Application") == "health-check"
    assert (request.headers.get("X-Request-Id") or "").startswith("req_")


def test_a_service_that_nobody_calls_any_more_is_left_in_peace_and_taken_to_be_well():
    sent = Sent()
    sent.at(0.0)
    for member in sent.balance.members:
        member.failed_checks = FAILED_CHECKS

    assert sent.at(AWAKE + 1) == 0
    assert not any(member.is_ill for member in sent.balance.members)

    sent.balance.pick()
    assert sent.at(AWAKE + 2) == 2


@pytest.mark.parametrize(("status", "fails"), [(200, 0), (204, 0), (302, 0), (404, 1), (500, 1), (503, 1)])
def test_a_check_is_passed_below_400(status, fails):
    checkup = Checkup(Balance(a_service(), lambda: 0.0).members[0])

    checkup.resume(Reply(status, Headers(), Body((), 0)))

    assert checkup.member.failed_checks == fails


def test_no_reply_is_no_pass():
    checkup = Checkup(Balance(a_service(), lambda: 0.0).members[0])

    checkup.refuse(Failure(UPSTREAM_UNREACHABLE))

    assert checkup.member.failed_checks == 1


def test_a_target_that_fails_its_checks_gets_no_calls_until_it_passes_one():
    well = threading.Event()

    def behave(line):
        while head := line.read_head():
            is_well = b"/health" not in head or well.is_set()
            line.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (204 if is_well else 500))

    def outcome():
        try:
            return lane.ask(service)[0]
        except Failure as failure:
            return failure.row.code

    with serving(behave) as server, lane_to_services("fast") as lane:
        service = a_service_on(server.port, check=Check("/health", every=0.01))
        before = outcome()
        eventually(lambda: outcome() == "upstream-resting")
        well.set()
        eventually(lambda: outcome() == 204)
        lane.close()

    assert before == 204


def test_an_address_that_may_not_be_connected_to_is_not_checked_either():
    with serving(lambda line: None) as server, opened() as upstream:
        upstream.evented._policy = type(upstream.evented._policy)()
        service = a_service_on(server.port, check=Check("/health", every=0.01))
        upstream.ask(service)
        eventually(lambda: upstream.evented._balances.of(service).members[0].is_ill)

    assert server.connections == 0
