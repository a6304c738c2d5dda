"""One connection to a service, byte by byte; no socket is needed."""

import asyncio
from math import inf
from typing import Any

import pytest

from gateway.http.messages import Body, Reply
from gateway.http.outbox import Outbox
from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import Failure, Refusal
from gateway.upstream.balancing import Balance
from gateway.upstream.carriage import Carriage
from gateway.upstream.conversation import ServiceConnection
from tests.builders import a_send, a_service_on


class Keeper:
    """Keeps what is given back in a list, and opens nothing."""

    def __init__(self):
        self.kept = []
        self.time = 100.0
        self.reopened = []
        self.outbox = Outbox(lambda _: None)

    def now(self):
        return self.time

    def open_for(self, carriage):
        self.reopened.append(carriage)

    def give_back(self, connection, *, keeps):
        self.kept.append(keeps)


class Wire(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self, outbox):
        self.outbox = outbox
        self.left = b""
        self.is_open = True
        self.reads = True

    @property
    def written(self):
        self.outbox.flush()
        return self.left

    def write(self, data):
        self.left += data

    def is_closing(self):
        return not self.is_open

    def abort(self):
        self.is_open = False

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True


class Asker:
    """Remembers what it was told, in order."""

    def __init__(self):
        self.told = []

    def resume(self, reply):
        self.told.append(reply)

    def refuse(self, reason):
        self.told.append(reason)


class Source:
    """The client behind a request's body."""

    def __init__(self):
        self.log = []

    def wanted(self):
        self.log.append("wanted")

    def pause_body(self):
        self.log.append("pause")

    def resume_body(self):
        self.log.append("resume")

    def unwanted(self):
        self.log.append("unwanted")


class Talk:
    """A connection that carries one request."""

    def __init__(self, *, method="GET", body=None, upgrade="", asker=None, **given):
        self.keeper, self.asker = Keeper(), asker or Asker()
        self.wire = Wire(self.keeper.outbox)
        self.balance = Balance(a_service_on(1, **given), self.keeper.now)
        (self.member,) = self.balance.members
        self.connection = ServiceConnection(self.keeper, self.member.place)
        self.connection.connection_made(self.wire)
        self.carriage = self.another(method=method, body=body, upgrade=upgrade)
        self.connection.carry(self.carriage)

    def another(self, **given):
        return Carriage(self.keeper, a_send(self.balance.service, **given), self.asker, self.balance)


def test_a_whole_reply_is_told_at_once_and_the_connection_kept():
    talk = Talk()

    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    (reply,) = talk.asker.told
    assert (reply.status, reply.body) == (200, Body((b"ok",), 2))
    assert talk.keeper.kept == [True]
    assert talk.wire.written == b"GET /a HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"


def test_a_head_waits_for_the_first_piece_or_for_a_whole_tick():
    talk = Talk()
    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    talk.connection.begin()
    before = list(talk.asker.told)

    talk.connection.begin()

    assert before == []
    assert isinstance(talk.asker.told[0].body.chunks, Pipe)


def test_a_head_waits_for_as_long_as_what_came_behind_it_may_still_be_broken():
    talk = Talk()
    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" + b"a" * 4000)
    for _ in range(3):
        talk.connection.begin()
    before = list(talk.asker.told)

    talk.connection.data_received(b"a" * 1000)

    assert before == []
    assert [reason.row.code for reason in talk.asker.told] == ["upstream-broken"]


@pytest.mark.parametrize("media_type", [b"text/event-stream", b"Text/Event-Stream; charset=utf-8"])
def test_the_head_of_an_event_stream_waits_for_nothing(media_type):
    talk = Talk()

    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n\r\n" % media_type)

    assert talk.asker.told[0].status == 200


def test_hints_are_passed_on_and_other_interim_replies_are_not():
    talk = Talk()

    talk.connection.data_received(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    )

    assert [reply.status for reply in talk.asker.told] == [103, 204]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "upstream-unreachable"), (b"nonsense\r\n\r\n", "upstream-broken"), (b"HTTP/1.1 2", "upstream-broken")],
)
def test_what_is_no_reply_is_a_failure_told_once(content, code):
    talk = Talk()

    if content:
        talk.connection.data_received(content)
    talk.connection.eof_received()
    talk.connection.connection_lost(None)

    assert [reason.row.code for reason in talk.asker.told] == [code]
    assert talk.keeper.kept == [False]


def test_a_connection_that_had_gone_stale_is_replaced_for_what_is_safe_to_repeat():
    talk = Talk()
    talk.connection.data_received(b"HTTP/1.1 204 No Content\r\n\r\n")
    again = talk.another()
    talk.connection.carry(again)

    talk.connection.connection_lost(None)

    assert talk.keeper.reopened == [again]
    assert [reply.status for reply in talk.asker.told] == [204]


def test_a_service_that_keeps_us_waiting_is_a_timeout():
    talk = Talk()

    talk.connection.time_out()

    (failure,) = talk.asker.told
    assert isinstance(failure, Failure)
    assert failure.row.code == "upstream-timeout"


def test_a_body_leaves_as_it_comes_and_holds_its_client_back():
    client = Source()
    body = Pipe(client)
    talk = Talk(method="POST", body=Body(body))

    body.write(b"abc")
    talk.connection.pause_writing()
    talk.connection.resume_writing()
    body.end()

    assert talk.wire.written.endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert client.log == ["wanted", "pause", "resume"]


def test_a_body_that_turns_out_too_long_is_refused_and_never_ends_well():
    client = Source()
    body = Pipe(client)
    talk = Talk(method="POST", body=Body(body, None, 4))

    body.write(b"abc")
    body.write(b"de")

    (refusal,) = talk.asker.told
    assert isinstance(refusal, Refusal)
    assert refusal.row.status == 413
    assert b"0\r\n\r\n" not in talk.wire.written
    assert (talk.keeper.kept, client.log[-1]) == ([False], "unwanted")


def test_a_reply_before_the_end_of_the_request_ends_the_connection():
    body = Pipe(Source())
    talk = Talk(method="POST", body=Body(body, 10))

    talk.connection.data_received(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    assert isinstance(talk.asker.told[0], Reply)
    assert talk.keeper.kept == [False]


def test_whoever_gives_up_is_told_nothing_more():
    talk = Talk()

    talk.carriage.close()
    talk.connection.data_received(b"HTTP/1.1 204 No Content\r\n\r\n")

    assert (talk.asker.told, talk.keeper.kept) == ([], [False])


# --- how long it may take; the clock begins at 100


def test_the_head_is_waited_for_from_the_end_of_the_request_and_then_each_piece():
    talk = Talk(first_byte=5.0, idle=7.0)
    for_the_head = talk.connection.deadline
    talk.keeper.time = 104.0

    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na")

    assert (for_the_head, talk.connection.deadline) == (105.0, 111.0)


def test_no_clock_of_the_services_runs_while_its_caller_sends():
    body = Pipe(Source())
    talk = Talk(method="POST", body=Body(body), first_byte=5.0)
    while_sending = talk.connection.deadline

    talk.connection.pause_writing()
    while_it_does_not_read = talk.connection.deadline
    talk.connection.resume_writing()
    while_it_reads = talk.connection.deadline
    talk.keeper.time = 200.0
    body.write(b"abc")
    body.end()

    assert (while_sending, while_it_does_not_read, while_it_reads) == (inf, 105.0, inf)
    assert talk.connection.deadline == 205.0


@pytest.mark.parametrize(
    ("begun", "total", "now", "told"),
    [(False, None, 106.0, "5 seconds"), (True, None, 108.0, "7 seconds"), (False, 60.0, 160.0, "60 seconds")],
)
def test_a_timeout_tells_which_wait_it_was(begun, total, now, told):
    talk = Talk(first_byte=5.0, idle=7.0, total=total)
    if begun:
        talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    talk.keeper.time = now

    talk.connection.time_out()

    (failure,) = talk.asker.told
    assert isinstance(failure, Failure)
    assert told in failure.detail.en


@pytest.mark.parametrize(
    ("body", "begun", "now", "blamed"),
    [
        (None, False, 106.0, True),
        (Body((b"a",), 1), False, 106.0, True),
        (None, True, 106.0, False),
        (None, False, 160.0, True),
        (Body((b"a",), 1), False, 160.0, False),
    ],
)
def test_a_target_is_blamed_for_no_time_that_its_caller_may_have_taken(body, begun, now, blamed):
    talk = Talk(method="PUT", body=body, total=60.0)
    if begun:
        talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    talk.keeper.time = now

    talk.connection.time_out()

    assert talk.member.breaker.score == blamed
    assert talk.member.in_flight == 0


def test_nothing_is_tried_again_once_the_whole_time_is_over():
    talk = Talk(total=60.0)
    talk.connection.data_received(b"HTTP/1.1 204 No Content\r\n\r\n")
    talk.connection.carry(talk.another())
    talk.keeper.time = 160.0

    talk.connection.connection_lost(None)

    assert talk.keeper.reopened == []
    assert [reply.row.code for reply in talk.asker.told[1:]] == ["upstream-unreachable"]


def test_a_caller_who_leaves_makes_nobody_look_bad():
    talk = Talk()

    talk.carriage.close()

    assert (talk.member.breaker.score, talk.member.in_flight) == (0, 0)


SWITCH = b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: example/1\r\n\r\n"


class Taker(Asker):
    """Takes the connection over."""

    carriage: Any = None

    def resume(self, reply):
        self.told.append(self.carriage.switched.hand_over())


def test_a_connection_that_has_switched_is_handed_over_with_what_came_behind_the_head():
    taker = Taker()
    talk = Talk(upgrade="example/1", asker=taker)
    taker.carriage = talk.carriage

    talk.connection.data_received(SWITCH + b"hello")

    assert taker.told == [(talk.wire, b"hello")]
    assert (talk.keeper.kept, talk.wire.is_open) == ([False], True)


def test_or_let_go_when_nobody_takes_it():
    talk = Talk(upgrade="example/1")

    talk.connection.data_received(SWITCH)

    assert ([reply.status for reply in talk.asker.told], talk.keeper.kept) == ([101], [False])
    assert talk.carriage.switched is None
