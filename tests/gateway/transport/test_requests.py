"""The reader of requests, without a socket: the same bytes make the same requests, however they were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.refusals import CLIENT_LEFT, Refusal
from gateway.transport.requests import MAX_FIELD, MAX_FIELDS, MAX_HEAD, MAX_TARGET, RequestReader

HEAD = b"POST /a HTTP/1.1\r\nHost: a.ca\r\n"
GET = b"GET /a HTTP/1.1\r\nHost: a.ca\r\n"


class Source:
    """Nobody is held back."""

    def wanted(self): ...
    def pause_body(self): ...
    def resume_body(self): ...
    def unwanted(self): ...


class Sink:
    """Keeps what came."""

    def __init__(self):
        self.content = b""
        self.ended = False
        self.failure: Exception | None = None

    def write(self, piece):
        self.content += piece

    def end(self):
        self.ended = True

    def fail(self, reason):
        self.failure = reason


def read(pieces):
    """What came of these bytes: each request with its body, and why there are no more."""
    reader = RequestReader(Source())
    read_so_far = []
    for piece in pieces:
        reader.feed(piece)
        while reader.requests:
            request, sink = reader.requests.popleft(), Sink()
            if request.body:
                request.body.open(sink)
            read_so_far.append((request, sink))
    found = [
        (request.method, request.target, tuple(request.headers), request.keeps, sink.content, sink.ended)
        for request, sink in read_so_far
    ]
    return found, reader.broken.row.code if reader.broken else "", reader.in_head, reader.in_body


def cut(content, places):
    edges = [0, *sorted({place for place in places if 0 < place < len(content)}), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def chunked(pieces):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


names = st.sampled_from([b"X-A", b"Accept", b"X_Own", b"X-Long"])
values = st.one_of(st.binary(max_size=0), st.just(b"a b"), st.just(b"caf\xe9"), st.just(b"x" * 3000))
fields = st.lists(st.tuples(names, values), max_size=9).map(lambda of: b"".join(b"%b: %b\r\n" % pair for pair in of))
bodies = st.one_of(
    st.binary(max_size=2000).map(lambda body: b"Content-Length: %d\r\n\r\n%b" % (len(body), body)),
    st.lists(st.binary(max_size=50), max_size=9).map(lambda of: b"Transfer-Encoding: chunked\r\n\r\n" + chunked(of)),
)
wishes = st.sampled_from([b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
requests = st.one_of(
    fields.map(lambda some: GET + some + b"\r\n"),
    st.tuples(fields, wishes, bodies).map(lambda parts: HEAD + b"".join(parts)),
)
nearly = [
    GET.replace(b"HTTP", b"RTSP"),
    GET.replace(b" /", b"  /"),
    GET.replace(b" HTTP", b"  HTTP"),
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b.ca\r\n",
]
garbage = st.sampled_from(
    [b"", b"", b"G", b"GET /a", b"\0", b"GET / HTTP/3.0\r\n\r\n", HEAD + b"Content-Length: x\r\n\r\n"]
    + [head + b"\r\n" for head in nearly]
)
wires = st.tuples(st.lists(requests, max_size=4).map(b"".join), garbage).map(b"".join)


@given(wires, st.lists(st.integers(0, 9000), max_size=30))
def test_it_does_not_matter_in_what_pieces_requests_arrive(wire, places):
    assert read(cut(wire, places)) == read([wire])


@given(wires)
def test_nor_when_they_arrive_byte_by_byte(wire):
    assert read([wire[place : place + 1] for place in range(len(wire))]) == read([wire])


@pytest.mark.parametrize("head", nearly)
@pytest.mark.parametrize("before", [b"", GET + b"\r\n", HEAD + b"Content-Length: 7\r\n\r\nGET /a\n"])
def test_what_only_looks_like_a_request_is_refused_wherever_it_stands(head, before):
    _, code, _, _ = read([before + head + b"\r\n" + GET + b"\r\n"])

    assert code == "malformed-request"


@given(st.binary(max_size=300))
def test_nonsense_is_refused_and_nothing_worse(content):
    read([content])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (GET, True),
        (GET + b"Content-Length: 0\r\n", True),
        (HEAD, False),
        (GET.replace(b"1.1", b"1.0"), False),
        (GET + b"Content-Length: 1\r\n", False),
    ],
)
def test_a_wish_to_switch_protocols_is_one_in_a_get_of_http_1_1_without_a_body(head, expected):
    reader = RequestReader(Source())

    reader.feed(head + b"Connection: Upgrade\r\nUpgrade: example/1\r\n\r\n")

    assert [request.switches for request in reader.requests] == [expected]


def test_a_long_head_may_come_in_pieces():
    wire = GET + b"".join(b"X-%d: %b\r\n" % (number, b"x" * 7000) for number in range(4)) + b"\r\n"

    assert [len(read(cut(wire, places))[0]) for places in ([], [1], range(1, len(wire), 100))] == [1, 1, 1]


def test_half_a_head_is_not_charged_for_the_requests_behind_it():
    many = (GET + b"\r\n") * 5000

    found, broken, *_ = read([many[:7], many[7:]])

    assert (len(found), broken) == (5000, "")


@pytest.mark.parametrize("size", [1, 5])
def test_a_body_may_come_in_tiny_chunks_many_at_once(size):
    wire = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked([b"x" * size] * 20_000)

    found, broken, *_ = read([wire[:100], wire[100:]])

    assert broken == ""
    assert (len(found[0][4]), found[0][5]) == (20_000 * size, True)


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"GET /" + b"a" * MAX_TARGET + b" HTTP/1.1\r\n", "address-too-long"),
        (GET + b"X: " + b"y" * MAX_FIELD + b"\r\n\r\n", "fields-too-large"),
        (GET + b"X: y\r\n" * MAX_FIELDS + b"\r\n", "fields-too-large"),
        (GET + b"".join(b"X: %b\r\n" % (b"y" * 8000) for _ in range(5)) + b"\r\n", "fields-too-large"),
        (GET + b"X: " + b"y" * 2 * MAX_HEAD, "fields-too-large"),
    ],
    ids=["target", "a field", "many fields", "long fields", "a field without end"],
)
def test_a_head_has_bounds_however_it_is_cut(wire, code):
    assert [read(cut(wire, range(1, len(wire), size)))[1] for size in (50, 2000)] == [code] * 2


def test_a_chunk_extension_without_end_is_refused():
    wire = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 100_000

    assert read(cut(wire, range(0, len(wire), 1000)))[1] == "malformed-request"


def test_after_what_was_refused_nothing_is_read():
    found, broken, *_ = read([GET + b"\r\n" + HEAD + b"Content-Length: +1\r\n\r\nx" + GET + b"\r\n"])

    assert (len(found), broken) == (1, "malformed-request")


def test_a_body_breaks_off_when_the_connection_is_lost():
    reader, sink = RequestReader(Source()), Sink()
    reader.feed(HEAD + b"Content-Length: 10\r\n\r\nhello")
    body = reader.requests[0].body
    assert body
    body.open(sink)
    reader.lost(Refusal(CLIENT_LEFT))

    assert (sink.content, sink.ended, str(sink.failure)) == (b"hello", False, str(Refusal(CLIENT_LEFT)))


UPGRADE = b"Connection: upgrade\r\nUpgrade: x\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: 28\r\n", b"GET /b HTTP/1.1\r\nHost: b\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"1c\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n\r\n0\r\n\r\n"),
    ],
)
def test_the_body_of_a_request_that_asks_to_switch_is_its_body_and_no_request(framing, body):
    whole = HEAD + UPGRADE + framing + b"\r\n" + body + GET + b"\r\n"

    for pieces in ([whole], [whole[at : at + 1] for at in range(len(whole))]):
        found, broken, *_ = read(pieces)

        assert [(request[0], request[1], len(request[4]), request[5]) for request in found] == [
            ("POST", "/a", 28, True),
            ("GET", "/a", 0, False),
        ]
        assert broken == ""


def test_thousands_of_wishes_to_switch_at_once_are_read_one_by_one():
    found, broken, *_ = read([(GET + UPGRADE + b"\r\n") * 3000])

    assert (len(found), broken) == (3000, "")
