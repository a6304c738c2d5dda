"""A request on its way: what whoever asked is told, without a connection."""

import pytest

from gateway.http.messages import Reply
from gateway.pipeline.refusals import UPSTREAM_UNREACHABLE, Failure
from gateway.upstream.balancing import Balance
from gateway.upstream.carriage import Carriage
from gateway.upstream.retrying import Trouble
from tests.builders import a_send, a_service, a_target


class Asker:
    def __init__(self):
        self.told = []

    def resume(self, reply):
        self.told.append(reply.status)

    def refuse(self, reason):
        self.told.append(reason.row.code)


class Opener:
    def __init__(self):
        self.opened = []

    def now(self):
        return 100.0

    def open_for(self, carriage):
        self.opened.append(carriage.member.target.host)


@pytest.fixture
def asker():
    return Asker()


def carriage_for(asker, opener, **given):
    service = a_service(a_target(host="one.example"), a_target(host="two.example"))
    return Carriage(opener, a_send(service, **given), asker, Balance(service, opener.now))


def test_whoever_asked_is_told_once(asker):
    carriage = carriage_for(asker, Opener())

    carriage.resume(Reply(200))
    carriage.resume(Reply(201))
    carriage.fail(Failure(UPSTREAM_UNREACHABLE))

    assert asker.told == [200]


def test_whoever_gave_up_is_told_nothing(asker):
    carriage = carriage_for(asker, Opener())

    carriage.close()
    carriage.resume(Reply(200))

    assert asker.told == []


def test_what_was_never_sent_is_tried_again_at_the_other_target(asker):
    opener = Opener()
    carriage = carriage_for(asker, opener)
    first = carriage.member
    first.in_flight -= 1

    carriage.stumble(Trouble.UNCONNECTED, Failure(UPSTREAM_UNREACHABLE))

    assert opener.opened == [carriage.member.target.host]
    assert carriage.member is not first
    assert (first.in_flight, carriage.member.in_flight) == (0, 1)
    assert asker.told == []


def test_what_may_have_done_something_is_not_tried_again(asker):
    opener = Opener()
    carriage = carriage_for(asker, opener, method="POST")

    carriage.stumble(Trouble.UNANSWERED, Failure(UPSTREAM_UNREACHABLE))

    assert (opener.opened, asker.told) == ([], ["upstream-unreachable"])


def test_hints_are_passed_on_and_other_interim_replies_are_not(asker):
    carriage = carriage_for(asker, Opener())

    for status in (100, 102, 103):
        carriage.inform(Reply(status))

    assert asker.told == [103]


def test_it_is_known_how_long_an_answer_took_whichever_it_was(asker):
    answered, failed = carriage_for(asker, Opener()), carriage_for(asker, Opener())
    assert answered.took_ms is None

    answered.resume(Reply(200))
    failed.fail(Failure(UPSTREAM_UNREACHABLE))

    assert answered.took_ms is not None
    assert failed.took_ms is not None
    assert min(answered.took_ms, failed.took_ms) >= 0
