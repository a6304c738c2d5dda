"""The same bytes at the worst of times, cut anywhere, and clients that reset: no rule depends on where a write ends."""

import socket

import pytest

from tests.lane import KEY
from tests.wire.cases import read_cases
from tests.wire.client import Client
from tests.wire.cutting import every_byte, every_line, inside_every_crlf
from tests.wire.playing import play

HEAD = b"POST /api/weather/v1/a HTTP/1.1\r\nHost: guichet.example.ca\r\nX-API-Key: %b\r\n" % KEY.encode()
BREAKING_OFF = {
    "before the body": HEAD + b"Content-Length: 10\r\n\r\n",
    "in the body": HEAD + b"Content-Length: 10\r\n\r\nhello",
    "in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "before the last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "before the last line": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
}


def named(folder):
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in read_cases(folder)])


def is_answered(lane):
    with Client(lane.port) as client:
        client.send(
            [b"GET /api/weather/v1/a HTTP/1.1\r\nHost: a\r\nX-API-Key: %b\r\n\r\n" % KEY.encode()], lambda: None
        )
        client.read(bodiless=False)
        return [answer.status for answer in client.answers] == [200]


@named("valid")
def test_a_request_may_come_one_byte_at_a_time(lane, case):
    play(lane, case, every_byte)


@named("valid")
@pytest.mark.parametrize("cut", [every_line, inside_every_crlf])
def test_a_request_may_be_cut_at_every_line(lane, case, cut):
    play(lane, case, cut)


@named("replies")
def test_an_answer_may_come_one_byte_at_a_time(lane, case):
    play(lane, case, answered_in=every_byte)


@named("replies")
def test_an_answer_may_be_cut_inside_every_crlf(lane, case):
    play(lane, case, answered_in=inside_every_crlf)


@pytest.mark.parametrize("sent", BREAKING_OFF.values(), ids=BREAKING_OFF)
def test_a_client_that_resets_ends_its_call_and_reaches_nobody_with_half_a_request(lane, sent):
    lane.service.begin()
    with Client(lane.port) as client:
        client.send([sent], lane.service.wait_for_a_head)
        lane.service.wait_for_a_head()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # close with RST

    lane.service.wait_for(lambda taken: taken[-1].is_given_up)
    assert [taken.is_whole for taken in lane.service.taken] == [False]
    assert is_answered(lane)


def test_clients_that_never_go_on_do_not_hold_up_another(lane):
    lane.service.begin()
    slow = [Client(lane.port) for _ in range(8)]
    for client, sent in zip(slow, [*BREAKING_OFF.values(), HEAD, b"G", b""], strict=True):
        client.send([sent], lambda: None)
    lane.service.wait_for(lambda taken: len([each for each in taken if each.has_head]) == len(BREAKING_OFF))

    assert is_answered(lane)
    for client in slow:
        client.socket.close()
    lane.service.wait_for(lambda taken: len([each for each in taken if each.is_given_up]) == len(BREAKING_OFF))
