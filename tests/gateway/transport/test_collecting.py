"""Bodies of requests for pages: collected whole, in bounds, before anybody reads them."""

from errno import ENOSPC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.http.pipe import Pipe
from gateway.pipeline.refusals import CLIENT_LEFT, OVERLOADED, TOO_SLOW, Refusal
from gateway.transport.collecting import MOST, Collecting, Room

PATIENCE = 30.0


class Client:
    """Sends a body, in time that the test tells."""

    def __init__(self, most=MOST):
        self.time = 0.0
        self.room = Room(lambda: self.time, PATIENCE, most)
        self.asked = 0
        self.is_unwanted = False
        self.told = []
        self.begun = []
        self.pipe, self.collecting = self.body()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for collecting in self.begun:
            collecting.close()

    def body(self):
        pipe = Pipe(self)
        self.begun.append(Collecting(pipe, self.room, self.told.append))
        return pipe, self.begun[-1]

    def wanted(self):
        self.asked += 1

    def unwanted(self):
        self.is_unwanted = True

    def pause_body(self):
        raise AssertionError("there is room, or there is not")

    resume_body = pause_body

    @property
    def refused(self):
        (refusal,) = self.told
        return refusal.row


@given(st.lists(st.binary(min_size=1, max_size=40_000), max_size=8))
def test_a_body_is_read_as_it_came_and_its_room_given_back(pieces):
    with Client() as client:
        client.collecting.begin(None)
        for piece in pieces:
            client.pipe.write(piece)
        assert client.told == []
        client.pipe.end()

        assert client.told == [None]
        assert client.collecting.body.read() == b"".join(pieces)
        client.collecting.close()
        assert client.room.left == MOST


def test_it_reads_as_a_file_does():
    with Client() as client:
        client.collecting.begin(11)
        client.pipe.write(b"one\ntwo")
        client.pipe.write(b"\nend")
        client.pipe.end()

        assert [client.collecting.body.readline(), *client.collecting.body] == [b"one\n", b"two\n", b"end"]


def test_who_waits_to_be_asked_for_a_body_is_asked():
    with Client() as client:
        client.collecting.begin(5)

        assert client.asked == 1


@pytest.mark.parametrize("announced", [MOST + 1, None])
def test_a_body_that_no_page_takes_is_for_the_page_to_refuse(announced):
    with Client() as client:
        client.collecting.begin(announced)
        for _ in range(257 if announced is None else 0):
            client.pipe.write(bytes(65_536))

        assert client.told == [None]
        assert client.is_unwanted
        assert client.room.left == MOST
        for read in (
            client.collecting.body.read,
            client.collecting.body.readline,
            lambda: list(client.collecting.body),
        ):
            with pytest.raises(RequestEntityTooLarge):
                read()


def test_all_bodies_share_the_room_of_a_worker():
    with Client(most=100) as client:
        client.collecting.begin(80)
        client.pipe.write(bytes(80))
        pipe, later = client.body()
        later.begin(30)
        pipe.write(bytes(30))
        assert client.refused is OVERLOADED

        client.told.clear()
        client.collecting.close()
        later.close()
        assert client.room.left == 100


@pytest.mark.parametrize(("every", "is_cut"), [(10, True), (0.1, False)])
def test_a_byte_now_and_then_is_too_slow_and_a_steady_stream_is_not(every, is_cut):
    with Client() as client:
        client.collecting.begin(None)
        for _ in range(1000):
            client.time += every
            client.pipe.write(bytes(100))

        assert [told.row for told in client.told] == ([TOO_SLOW] if is_cut else [])


def test_a_full_disk_is_no_room():
    def write(_piece):
        raise OSError(ENOSPC, "no room")

    with Client() as client:
        client.collecting.body.write = write
        client.collecting.begin(5)
        client.pipe.write(b"12345")

        assert client.refused is OVERLOADED


def test_a_body_that_breaks_off_is_no_end():
    with Client() as client:
        client.collecting.begin(5)
        client.pipe.write(b"12")
        client.pipe.fail(Refusal(CLIENT_LEFT))

        assert client.refused is CLIENT_LEFT
