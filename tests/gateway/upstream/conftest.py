"""A certificate for the services that tests start, once for each file."""

import pytest

from tests.certificates import tls_of_this_machine


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """A server's TLS context, and a client's that trusts it and nothing else."""
    return tls_of_this_machine(tmp_path_factory.mktemp("tls"))
