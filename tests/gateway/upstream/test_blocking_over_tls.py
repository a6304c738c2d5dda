import pytest

from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from tests.builders import a_send, a_service_on
from tests.loopback import answering, over_tls, serving

OPEN = AddressPolicy.of(["127.0.0.0/8"])


def send(upstream, server, host="127.0.0.1"):
    return upstream.send(a_send(a_service_on(server.port, scheme="https", host=host)))


def test_a_service_behind_tls_answers_and_its_connection_is_kept(contexts):
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    upstream = BlockingUpstream(OPEN, contexts[1])
    with serving(over_tls(contexts[0], answering(ok, ok))) as server:
        contents = [b"".join(send(upstream, server).body.chunks) for _ in range(2)]
        upstream.close()

    assert contents == [b"ok", b"ok"]


@pytest.mark.parametrize("trusting", [False, True])
def test_a_certificate_that_is_not_trusted_or_is_another_hosts_is_refused(contexts, trusting):
    policy = AddressPolicy(OPEN.allowed_networks, resolve=lambda host, port: ("127.0.0.1",))
    upstream = BlockingUpstream(policy, contexts[1] if trusting else None)
    host = "another.example" if trusting else "127.0.0.1"
    with serving(over_tls(contexts[0], answering(b""))) as server, pytest.raises(Failure) as caught:
        send(upstream, server, host)

    assert caught.value.row.code == "upstream-unreachable"
    assert server.requests == []


def test_a_body_that_is_cut_without_tls_s_own_goodbye_is_no_end(contexts):
    def cut(line):
        line.read_head()
        line.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")

    upstream = BlockingUpstream(OPEN, contexts[1])
    with serving(over_tls(contexts[0], cut)) as server:
        reply = send(upstream, server)

        with pytest.raises(Failure) as caught:
            b"".join(reply.body.chunks)

    assert caught.value.row.code == "upstream-broken"
