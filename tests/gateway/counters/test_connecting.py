from typing import Any

import pytest
import redis
from redis.connection import SSLConnection
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from gateway.counters.connecting import MOST_CONNECTIONS, WAIT_SECONDS, client_for
from tests.fixtures.valkeys import an_away_port


def client(url) -> Any:
    return client_for(url)()


def pool(url):
    return client(url).connection_pool


def test_a_client_waits_only_so_long_keeps_only_so_many_connections_and_tries_nothing_twice():
    found = pool("redis://:secret@127.0.0.1:7000/3")
    options = found.connection_kwargs

    assert (options["host"], options["port"], options["db"], options["password"]) == ("127.0.0.1", 7000, 3, "secret")
    assert options["socket_timeout"] == options["socket_connect_timeout"] == WAIT_SECONDS
    assert options["retry"].get_retries() == 0
    assert (found.max_connections, found.timeout) == (MOST_CONNECTIONS, WAIT_SECONDS)


def test_tls_is_asked_for_by_the_address_and_checks_whom_it_meets():
    found = pool("rediss://ledger.example:6380")

    assert found.connection_class is SSLConnection
    assert found.connection_kwargs.get("ssl_cert_reqs", "required") == "required"


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [("redis+sentinel", SentinelManagedConnection), ("rediss+sentinel", SentinelManagedSSLConnection)],
)
def test_sentinels_are_asked_for_the_primary_of_a_name(scheme, kind):
    found = pool(f"{scheme}://user:se%2Fcret@one.example,two.example:26380/counts/2")
    asked = [each.connection_pool.connection_kwargs for each in found.sentinel_manager.sentinels]

    assert [(each["host"], each["port"]) for each in asked] == [("one.example", 26379), ("two.example", 26380)]
    assert {each["socket_timeout"] for each in asked} == {WAIT_SECONDS}
    assert found.service_name == "counts"
    assert found.connection_class is kind
    options = found.connection_kwargs
    assert (options["username"], options["password"], options["db"]) == ("user", "se/cret", 2)
    assert options["retry"].get_retries() == 0


def test_a_cluster_is_found_by_any_of_its_nodes_and_nothing_is_tried_twice(valkey_cluster):
    port = valkey_cluster.rpartition(":")[2]
    found = client(f"redis+cluster://127.0.0.1:{an_away_port()},127.0.0.1:{port}")

    assert found.execute_command("SET", "one", "1")
    assert found.retry.get_retries() == 0
    found.close()


def test_a_primary_is_followed_through_its_sentinels(valkey_sentinel):
    found = client(valkey_sentinel)

    assert found.execute_command("SET", "one", "1")
    found.close()


def test_nothing_is_opened_before_it_is_needed():
    found = client(f"redis://127.0.0.1:{an_away_port()}")

    with pytest.raises(redis.ConnectionError):
        found.execute_command("PING")
    found.close()
