import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.reading import Incoming, read_body, read_head
from gateway.upstream.replies import Broken, Unanswered

HEAD = b"HTTP/1.1 200 OK\r\n"


def reading(content, method="GET", pieces=None):
    """What a reader makes of these bytes when they come in these pieces and then end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for piece in pieces or [content]:
            theirs.sendall(piece)
        theirs.shutdown(socket.SHUT_WR)
        incoming = Incoming(ours)
        incoming.begin(method)
        head = read_head(incoming, 2)
        return head, b"".join(read_body(incoming, 2)), incoming.untouched


BROKEN = {
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two lengths in one": b"Content-Length: 1, 2\r\n\r\nab",
    "a signed length": b"Content-Length: +2\r\n\r\nab",
    "a negative length": b"Content-Length: -2\r\n\r\nab",
    "an underscored length": b"Content-Length: 1_0\r\n\r\n",
    "an empty length": b"Content-Length:\r\n\r\n",
    "a hexadecimal length": b"Content-Length: 0x2\r\n\r\nab",
    "a huge length": b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "both framings": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": b"X: a\r\n b\r\n\r\n",
    "a bare LF": b"X: a\nY: b\r\n\r\n",
    "a bare CR": b"X: a\rY: b\r\n\r\n",
    "a NUL": b"X: a\0b\r\n\r\n",
    "no colon": b"nonsense\r\n\r\n",
    "no name": b": a\r\n\r\n",
    "a space in a name": b"X Y: a\r\n\r\n",
    "a signed chunk": b"Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n",
    "a 0x chunk": b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n",
    "an underscored chunk": b"Transfer-Encoding: chunked\r\n\r\n0_2\r\nab\r\n0\r\n\r\n",
    "a negative chunk": b"Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n",
    "an empty chunk size": b"Transfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
    "a chunk that is longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "a chunk that ends in LF": b"Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n",
    "an endless extension": b"Transfer-Encoding: chunked\r\n\r\n2;" + b"x" * 5000 + b"\r\nab\r\n0\r\n\r\n",
    "endless trailers": b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    "too many fields": b"X: y\r\n" * 201 + b"\r\n",
    "a huge head": b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "an end in the head": b"X: y\r\n",
}


@pytest.mark.parametrize("rest", BROKEN.values(), ids=BROKEN.keys())
def test_a_reply_that_could_be_read_in_two_ways_is_broken(rest):
    with pytest.raises(Broken):
        reading(HEAD + rest)


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 200 OK\n",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 600 X",
        b"HTTP/1.1  200 OK",
        b"http/1.1 200 OK",
        b"HTTP/1.1 +20 OK",
        b"HTTP/1.1 200 O\0K",
        b"HTTP/1.1 101 Switching Protocols",
        b"ICY 200 OK",
        b" HTTP/1.1 200 OK",
        b"",
    ],
)
def test_a_status_line_of_another_shape_is_broken(line):
    with pytest.raises(Broken):
        reading(line + b"\r\n\r\n")


def test_an_old_reply_cannot_be_chunked():
    with pytest.raises(Broken):
        reading(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_silence_is_no_reply():
    with pytest.raises(Unanswered):
        reading(b"")


def test_equal_lengths_become_one():
    head, content, _ = reading(HEAD + b"Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab")

    assert head.headers.all("Content-Length") == ("2",)
    assert content == b"ab"


def test_interim_replies_are_read_past():
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"

    head, content, _ = reading(interim + HEAD + b"Content-Length: 2\r\n\r\nab")

    assert (head.status, content, list(head.headers)) == (200, b"ab", [("Content-Length", "2")])


def test_endless_interim_replies_are_broken():
    with pytest.raises(Broken):
        reading(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    ],
)
def test_some_replies_have_no_body_whatever_they_say(method, head):
    read, content, untouched = reading(head, method)

    assert (content, read.keeps, untouched) == (b"", True, True)


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
    ],
)
def test_the_service_says_whether_a_connection_stays(head, keeps):
    assert reading(head)[0].keeps is keeps


def test_a_space_before_the_colon_is_taken_off_a_reply():
    assert reading(HEAD + b"X : a\r\nContent-Length: 0\r\n\r\n")[0].headers.get("X") == "a"


def test_trailers_are_left_out():
    head, content, _ = reading(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;e=1\r\nab\r\n00\r\nX-Late: 1\r\n\r\n")

    assert content == b"ab"
    assert "X-Late" not in head.headers


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=5), st.integers(min_value=1, max_value=7))
def test_it_does_not_matter_in_what_pieces_a_reply_arrives(chunks, size):
    wire = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    wire += b"".join(b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    pieces = [wire[start : start + size] for start in range(0, len(wire), size)]

    assert reading(wire, pieces=pieces)[1:] == (b"".join(chunks), True)


@given(st.binary(max_size=200))
def test_garbage_is_broken_and_nothing_worse(content):
    with pytest.raises((Broken, Unanswered)):
        reading(content.replace(b"HTTP", b"XTTP"))
