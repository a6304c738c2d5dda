"""One connection to a service, byte by byte; no socket is needed."""

import asyncio
from typing import Any

import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.http.pipe import Pipe
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure, Refusal
from gateway.upstream.conversation import Carriage, ServiceConnection, key_of
from tests.builders import a_target


class Keeper:
    """Keeps what is given back in a list, and opens nothing."""

    def __init__(self):
        self.kept = []
        self.reopened = []

    def now(self):
        return 100.0

    def open_for(self, carriage):
        self.reopened.append(carriage)

    def give_back(self, connection, *, keeps):
        self.kept.append(keeps)


class Wire(asyncio.Transport):
    """A transport that remembers what was written to it."""

    def __init__(self):
        self.written = b""
        self.is_open = True
        self.reads = True

    def write(self, data):
        self.written += data

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

    def __init__(self, *, method="GET", body=None, upgrade="", asker=None):
        self.keeper, self.wire, self.asker = Keeper(), Wire(), asker or Asker()
        target = a_target(host="127.0.0.1", port=1, base_path="", read_timeout=5.0)
        self.connection = ServiceConnection(self.keeper, key_of(target))
        self.connection.connection_made(self.wire)
        self.carriage = Carriage(self.keeper, Send(target, method, "/a", Headers(), body, upgrade), self.asker)
        self.connection.carry(self.carriage)


def test_a_whole_reply_is_told_at_once_and_the_connection_kept():
    talk = Talk()

    talk.connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    (reply,) = talk.asker.told
    assert (reply.status, reply.body) == (200, Body((b"ok",), 2))
    assert talk.keeper.kept == [True]
    assert talk.wire.written == b"GET /a HTTP/1.1\r\n\r\n"


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
    again = Carriage(talk.keeper, talk.carriage.request, talk.asker)
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
