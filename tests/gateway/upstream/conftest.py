"""A certificate for the services that tests start, once for each file."""

import pytest

from tests.certificates import tls_of_this_machine
from tests.lanes_to_services import LANES, lane_to_services


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """A server's TLS context, and a client's that trusts it and nothing else."""
    return tls_of_this_machine(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=LANES)
def lane_name(request):
    """Each lane in turn, by its name."""
    return request.param


@pytest.fixture
def services(lane_name):
    """Asks services, in each lane in turn; loopback is open."""
    with lane_to_services(lane_name) as lane:
        yield lane
