"""Replies that break before their first byte: told as problems, because nothing has been sent on yet."""

import pytest

from gateway.pipeline.refusals import Failure
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from tests.builders import a_send, a_service_on
from tests.loopback import serving


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
    ],
    ids=["a chunk size that is none", "a body that never comes"],
)
def test_a_reply_that_breaks_before_its_first_byte_is_a_failure_and_no_reply(broken):
    def behave(line):
        line.read_head()
        line.write(broken)

    client = BlockingUpstream(AddressPolicy.of(["127.0.0.0/8"]))
    with serving(behave) as server:
        request = a_send(a_service_on(server.port))
        with pytest.raises(Failure) as failed:
            client.send(request)

    assert failed.value.row.code == "upstream-broken"
