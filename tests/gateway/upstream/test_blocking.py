import ssl
import threading

import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from tests.builders import a_service_on
from tests.loopback import answering, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPBACK_OPEN = AddressPolicy.of(["127.0.0.0/8"])


@pytest.fixture
def upstream():
    opened = BlockingUpstream(LOOPBACK_OPEN)
    yield opened
    opened.close()


def a_send(server, path="/a", *, method="GET", fields=(), body=None, **given):
    port = server if isinstance(server, int) else server.port
    service = a_service_on(port, **({"connect": 2.0, "first_byte": 2.0, "idle": 2.0} | given))
    return Send(service, method, path, Headers(tuple(fields)), body)


def content(reply):
    return b"".join(reply.body.chunks)


def failure_of(act):
    with pytest.raises(Failure) as caught:
        act()
    return caught.value.row.code


def test_the_request_goes_out_byte_for_byte(upstream):
    fields = (("X-b", "2"), ("Accept", "*/*"), ("X-B", "caf\xe9"))
    with serving(answering(OK)) as server:
        reply = upstream.send(a_send(server, "/a%2Fb//c;d?x=+&&y=%zz?", fields=fields))

    assert content(reply) == b"ok"
    (first, host, *sent) = server.requests[0].split(b"\r\n")
    assert (first, host) == (b"GET /a%2Fb//c;d?x=+&&y=%zz? HTTP/1.1", b"Host: 127.0.0.1:%d" % server.port)
    assert sent == [b"X-b: 2", b"Accept: */*", b"X-B: caf\xe9"]


def test_a_reply_keeps_its_status_and_the_order_of_its_fields(upstream):
    with serving(answering(b"HTTP/1.1 418\r\nB: 1\r\na: 2 \r\nb:3\r\nContent-Length: 0\r\n\r\n")) as server:
        reply = upstream.send(a_send(server))

    assert reply.status == 418
    assert list(reply.headers)[:3] == [("B", "1"), ("a", "2"), ("b", "3")]


def test_a_connection_is_used_again_after_a_whole_reply(upstream):
    with serving(answering(OK, OK, OK)) as server:
        assert [content(upstream.send(a_send(server))) for _ in range(3)] == [b"ok"] * 3
        upstream.close()

    assert server.connections == 1


def test_a_connection_is_not_used_again_after_half_a_reply(upstream):
    with serving(answering(OK, OK)) as server:
        first = upstream.send(a_send(server))
        first.body.chunks.close()
        content(upstream.send(a_send(server)))
        upstream.close()

    assert server.connections == 2


def test_a_reply_that_is_dropped_unread_closes_its_connection(upstream):
    hung_up = threading.Event()

    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nfirst")
        line.read(1)
        hung_up.set()

    with serving(behave) as server:
        upstream.send(a_send(server)).body.chunks.close()

        assert hung_up.wait(5)


def test_a_stale_connection_is_replaced_without_anybody_noticing(upstream):
    with serving(answering(OK)) as server:  # hangs up after each
        assert [content(upstream.send(a_send(server))) for _ in range(3)] == [b"ok"] * 3

    assert server.connections == 3


def hanging_up_on_the_second(line):
    line.read_head()
    line.write(OK)
    line.read_head()
    line.socket.close()


def test_an_idempotent_request_is_tried_again_when_a_warm_connection_dies_under_it(upstream):
    with serving(hanging_up_on_the_second) as server:
        content(upstream.send(a_send(server, "/1")))
        reply = content(upstream.send(a_send(server, "/2")))
        upstream.close()

    assert reply == b"ok"
    assert [head.split()[1] for head in server.requests] == [b"/1", b"/2", b"/2"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_is_not_idempotent_is_never_sent_twice(upstream, method):
    with serving(hanging_up_on_the_second) as server:
        content(upstream.send(a_send(server)))
        code = failure_of(lambda: upstream.send(a_send(server, "/2", method=method)))

    assert code == "upstream-unreachable"
    assert len(server.requests) == 2


def test_a_body_with_a_length_arrives_whole(upstream):
    seen = []

    def behave(line):
        line.read_head()
        seen.append(line.read(6))
        line.write(OK)

    with serving(behave) as server:
        content(upstream.send(a_send(server, method="POST", body=Body(iter([b"abc", b"", b"def"]), 6))))

    assert seen == [b"abcdef"]
    assert b"Content-Length: 6" in server.requests[0]


def test_a_body_without_a_length_arrives_in_chunks(upstream):
    seen = []

    def behave(line):
        line.read_head()
        seen.append(line.read_until(b"0\r\n\r\n"))
        line.write(OK)

    with serving(behave) as server:
        content(upstream.send(a_send(server, method="POST", body=Body(iter([b"abc", b"", b"0123456789abcdef"])))))

    assert seen == [b"3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"]
    assert b"Transfer-Encoding: chunked" in server.requests[0]


@pytest.mark.parametrize(("method", "said"), [("POST", True), ("PUT", True), ("PATCH", True), ("GET", False)])
def test_a_method_that_expects_content_says_that_there_is_none(upstream, method, said):
    with serving(answering(OK)) as server:
        content(upstream.send(a_send(server, method=method)))

    assert (b"Content-Length: 0" in server.requests[0]) == said


@pytest.mark.parametrize("chunks", [[b"abc"], [b"abcdefg"], [b"abcdef", b"g"]])
def test_a_body_of_another_length_than_announced_is_a_bug_and_never_reaches_a_warm_connection(upstream, chunks):
    with serving(answering(OK)) as server, pytest.raises(ValueError, match="not as long"):
        upstream.send(a_send(server, method="POST", body=Body(iter(chunks), 6)))


def test_a_body_that_breaks_off_is_never_ended_cleanly(upstream):
    seen = []

    class GoneError(Exception):
        pass

    def chunks():
        yield b"abc"
        raise GoneError

    def behave(line):
        line.read_head()
        seen.append(line.read(1000))

    with serving(behave) as server, pytest.raises(GoneError):
        upstream.send(a_send(server, method="POST", body=Body(chunks())))

    assert seen == [b"3\r\nabc\r\n"]


def test_the_first_byte_comes_before_the_last_is_sent(upstream):
    heard = threading.Event()

    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert heard.wait(5)
        line.write(b"4\r\nlast\r\n0\r\n\r\n")

    with serving(behave) as server:
        chunks = iter(upstream.send(a_send(server)).body.chunks)
        first = next(chunks)
        heard.set()

        assert (first, b"".join(chunks)) == (b"first", b"last")


def test_an_early_answer_is_heard_though_the_body_is_not(upstream):
    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    def endless():
        while True:
            yield bytes(65536)

    with serving(behave) as server:
        reply = upstream.send(a_send(server, method="POST", body=Body(endless())))

        assert (reply.status, content(reply)) == (413, b"no")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(upstream, status):
    answer = b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" % status
    with serving(answering(answer)) as server:
        reply = upstream.send(a_send(server))

    assert (reply.status, len(server.requests)) == (status, 1)


def test_nobody_listening_is_unreachable(upstream):
    with serving(answering(OK)) as server:
        port = server.port

    assert failure_of(lambda: upstream.send(a_send(port))) == "upstream-unreachable"


def test_a_name_without_an_address_is_unreachable():
    def nowhere(host, port):
        raise OSError

    upstream = BlockingUpstream(AddressPolicy(resolve=nowhere))

    assert failure_of(lambda: upstream.send(a_send(80, host="nowhere.example"))) == "upstream-unreachable"


def test_a_name_that_now_leads_inside_is_not_connected_to():
    with serving(answering(OK)) as server:
        rebound = BlockingUpstream(AddressPolicy(resolve=lambda host, port: ("127.0.0.1",)))

        assert failure_of(lambda: rebound.send(a_send(server, host="innocent.example"))) == "upstream-unreachable"

    assert server.connections == 0


def test_the_gateway_does_not_connect_to_itself():
    with serving(answering(OK)) as server:
        policy = AddressPolicy.of(["127.0.0.0/8"], own=[("localhost", server.port)])

        assert failure_of(lambda: BlockingUpstream(policy).send(a_send(server))) == "upstream-unreachable"

    assert server.connections == 0


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_head_that_does_not_come_is_a_timeout(upstream, before):
    done = threading.Event()

    def behave(line):
        line.read_head()
        line.write(before)
        done.wait(5)

    with serving(behave) as server:
        code = failure_of(lambda: upstream.send(a_send(server, first_byte=0.05)))
        done.set()

    assert code == "upstream-timeout"


def test_a_head_that_drips_is_a_timeout_too(upstream):
    done = threading.Event()

    def behave(line):
        line.read_head()
        while not done.wait(0.01):
            line.write(b"X")

    with serving(behave) as server:
        code = failure_of(lambda: upstream.send(a_send(server, first_byte=0.1)))
        done.set()

    assert code == "upstream-timeout"


def test_a_body_that_stops_coming_is_a_timeout(upstream):
    done = threading.Event()

    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        done.wait(5)

    with serving(behave) as server:
        reply = upstream.send(a_send(server, idle=0.05))
        code = failure_of(lambda: content(reply))
        done.set()

    assert code == "upstream-timeout"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 10\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
    ],
)
def test_a_body_that_ends_early_never_looks_like_a_clean_end(upstream, head):
    with serving(answering(b"HTTP/1.1 200 OK\r\n" + head)) as server:
        reply = upstream.send(a_send(server))

        assert failure_of(lambda: content(reply)) == "upstream-broken"


def test_a_reset_in_a_body_that_ends_with_the_connection_is_no_end(upstream):
    read = threading.Event()

    def behave(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        read.wait(5)
        line.reset()

    with serving(behave) as server:
        chunks = iter(upstream.send(a_send(server)).body.chunks)
        assert next(chunks) == b"half"
        read.set()

        assert failure_of(lambda: b"".join(chunks)) == "upstream-broken"


def hearing_only(line):
    line.read_head()


def test_a_service_that_hangs_up_without_a_word_is_unreachable(upstream):
    with serving(hearing_only) as server:
        assert failure_of(lambda: upstream.send(a_send(server))) == "upstream-unreachable"


def test_bytes_after_a_reply_poison_no_later_call(upstream):
    with serving(answering(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK)) as server:
        assert content(upstream.send(a_send(server))) == b"ok"
        assert content(upstream.send(a_send(server))) == b"ok"
        upstream.close()

    assert server.connections == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(upstream):
    with serving(lambda line: line.write(b"\x15\x03\x01\x00\x02\x02\x28")) as server:
        send = a_send(server, scheme="https")

        assert failure_of(lambda: upstream.send(send)) == "upstream-unreachable"


def test_certificates_are_verified_unless_told_else(upstream):
    assert upstream._pool._tls.verify_mode is ssl.CERT_REQUIRED
    assert upstream._pool._tls.check_hostname


@pytest.mark.parametrize(
    "send",
    [
        a_send(1, "/a b"),
        a_send(1, "/a\r\nX: y"),
        a_send(1, "a"),
        a_send(1, method="G ET"),
        a_send(1, fields=(("X: y", "z"),)),
        a_send(1, fields=(("X", "y\r\nZ: 1"),)),
    ],
)
def test_what_would_split_a_request_is_never_sent(upstream, send):
    with pytest.raises(ValueError, match="not a"):
        upstream.send(send)
