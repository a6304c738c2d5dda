"""The reader of replies: the same bytes make the same reply, however they were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.replies import Broken, CutShort, ReplyReader, Unanswered
from tests.gateway.upstream.test_reading import BROKEN

HEAD = b"HTTP/1.1 200 OK\r\n"


def read(pieces, method="GET"):
    """What a reader makes of these bytes when they come in these pieces and then end."""
    reader, body, interim = ReplyReader(method), b"", []
    broken = None
    try:
        for piece in pieces:
            reader.feed(piece)
            interim += reader.take_interim()
        reader.close()
    except (Broken, Unanswered) as error:
        broken = type(error)
    interim += reader.take_interim()
    body = b"".join(reader.take())
    head = reader.head and (reader.head.status, tuple(reader.head.headers), reader.head.framing)
    return head, body, [each.status for each in interim], reader.ended, reader.keeps, broken


def cut(content, places):
    edges = [0, *sorted({place for place in places if 0 < place < len(content)}), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


lines = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 204 No", b"HTTP/1.1 404 caf\xe9", b"HTTP/2 200"]
)
interims = st.sampled_from([b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 2])
fields = st.lists(st.sampled_from([b"A: b", b"Connection: close", b"X : y", b"Set-Cookie: a", b" folded"]), max_size=3)
bodies = st.one_of(
    st.binary(max_size=200).map(lambda body: b"\r\n" + body),
    st.binary(max_size=200).map(lambda body: b"Content-Length: %d\r\n\r\n%b" % (len(body), body)),
    st.binary(max_size=200).map(lambda body: b"Content-Length: 100\r\n\r\n" + body),
    st.lists(st.binary(min_size=1, max_size=40), max_size=5).map(
        lambda chunks: (
            b"Transfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x;e=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
            + b"0\r\nX-Late: 1\r\n\r\n"
        )
    ),
    st.sampled_from(sorted(rest for rest in BROKEN.values() if len(rest) < 1000)),
)
after = st.sampled_from([b"", b"", b"more"])
wires = st.tuples(interims, lines, fields, bodies, after).map(
    lambda parts: parts[0] + b"\r\n".join([parts[1], *parts[2], parts[3]]) + parts[4]
)


@given(wires, st.lists(st.integers(0, 600), max_size=20))
def test_it_does_not_matter_in_what_pieces_a_reply_arrives(wire, places):
    assert read(cut(wire, places))[:4] == read([wire])[:4]


@given(wires)
def test_nor_when_it_arrives_byte_by_byte(wire):
    assert read([wire[place : place + 1] for place in range(len(wire))])[:4] == read([wire])[:4]


@given(st.binary(max_size=200))
def test_garbage_is_broken_and_nothing_worse(content):
    assert read([content.replace(b"HTTP", b"XTTP")])[-1] in {Broken, CutShort, Unanswered}


@pytest.mark.parametrize("rest", BROKEN.values(), ids=BROKEN.keys())
def test_a_reply_that_could_be_read_in_two_ways_is_broken(rest):
    assert read([HEAD + rest])[-1] in {Broken, CutShort}


def test_silence_is_no_reply():
    assert read([])[-1] is Unanswered


@pytest.mark.parametrize(
    ("wire", "keeps"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", True),
        (HEAD + b"Content-Length: 2\r\nConnection: Close\r\n\r\nok", False),
        (HEAD + b"Content-Length: 2\r\n\r\nokmore", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", True),
        (HEAD + b"\r\nok", False),
    ],
)
def test_a_connection_is_kept_when_the_service_says_so_and_nothing_came_after(wire, keeps):
    assert read([wire])[4] is keeps


def test_equal_lengths_become_one_and_trailers_are_left_out():
    head, body, *_ = read([HEAD + b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab"])
    assert (head[1], body) == ((("Content-Length", "2"),), b"ab")

    head, body, *_ = read([HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Late: 1\r\n\r\n"])
    assert ("X-Late" not in dict(head[1]), body) == (True, b"ab")


def test_a_head_has_no_body_whatever_it_says():
    assert read([HEAD + b"Content-Length: 5\r\n\r\n"], "HEAD")[1:5] == (b"", [], True, True)


SWITCH = b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: example/1\r\n\r\n"


def test_a_switch_that_was_asked_for_ends_the_reply_and_what_follows_is_kept():
    reader = ReplyReader("GET", "example/1")

    reader.feed(b"HTTP/1.1 103 Early\r\n\r\n" + SWITCH + b"HTTP/1.1")

    assert reader.head
    assert (reader.head.status, reader.ended, reader.take_rest(), reader.take_rest()) == (101, True, b"HTTP/1.1", b"")


@pytest.mark.parametrize("asked", ["", "example/2"])
def test_a_switch_that_was_not_is_broken(asked):
    with pytest.raises(Broken):
        ReplyReader("GET", asked).feed(SWITCH)


def test_a_chunk_for_every_byte_is_read_in_one_go_however_many_they_are():
    reader = ReplyReader("GET")
    reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\nmore")

    assert (b"".join(reader.take()), reader.ended, reader.is_exact) == (b"x" * 100_000, True, False)
    assert reader.take_rest() == b"more"
