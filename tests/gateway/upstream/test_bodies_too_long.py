import pytest

from gateway.http.messages import Body
from gateway.pipeline.refusals import Refusal
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.blocking import BlockingUpstream
from tests.gateway.upstream.test_blocking import a_send
from tests.loopback import serving


def test_a_body_that_turns_out_longer_than_it_may_be_stops_halfway():
    def service(line):
        line.read_head()
        line.read_until(b"0\r\n\r\n")

    upstream = BlockingUpstream(AddressPolicy.of(["127.0.0.0/8"]))
    with serving(service) as server, pytest.raises(Refusal) as refused:
        upstream.send(a_send(server, method="POST", body=Body(iter([b"abc", b"def"]), None, 5)))

    assert (refused.value.row.status, refused.value.members) == (413, {"max-bytes": 5})
