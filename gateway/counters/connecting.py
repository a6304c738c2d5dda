"""A client for the shared ledger: bounded connections, bounded waits, nothing tried twice."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from gateway.counters.addresses import parse


class Client(Protocol):
    """What we ask of a client; all that is shown here of a library that is typed in parts."""

    def execute_command(self, *command: Any) -> Any:
        """The answer to a command; raises `redis.RedisError`."""

    def close(self) -> None:
        """Give the connections back."""


_Library = Callable[..., Any]
_pool: _Library = BlockingConnectionPool
_owner_of: _Library = Redis.from_pool
_cluster: _Library = RedisCluster
_node: _Library = ClusterNode
_sentinel: _Library = Sentinel
_parse: _Library = parse_url

WAIT_SECONDS = 0.5
"""How long a connection, an answer, or a free connection is waited for."""

MOST_CONNECTIONS = 16

_NOT_OF_CLUSTERS = ("host", "port", "timeout", "connection_class")


def client_for(url: str) -> Callable[[], Client]:
    """What opens the store at an address (addresses.py), when it is first needed.

    Raises:
        ValueError: this is no such address.
    """
    address = parse(url)
    options = _options(address.plain)
    if not address.kind:
        return lambda: _owner_of(_pool(**options))
    if "connection_class" in options:
        options["ssl"] = True
    for unneeded in _NOT_OF_CLUSTERS:
        options.pop(unneeded, None)
    if address.kind == "cluster":
        nodes = [_node(*host) for host in address.hosts]
        return partial(_cluster, startup_nodes=nodes, **options)
    asked = {name.removeprefix("sentinel_"): options.pop(name) for name in list(options) if name[:9] == "sentinel_"}
    asked |= {name: given for name, given in options.items() if name.startswith(("ssl", "socket_"))}
    return lambda: _sentinel(address.hosts, sentinel_kwargs=asked, **options).master_for(address.name)


def _options(url: str) -> dict[str, Any]:
    # RESP2: a connection is ready after one round trip less, and nothing is pushed to us.
    return {
        "socket_timeout": WAIT_SECONDS,
        "socket_connect_timeout": WAIT_SECONDS,
        "timeout": WAIT_SECONDS,
        "max_connections": MOST_CONNECTIONS,
        "retry": Retry(NoBackoff(), 0),
        "client_name": "guichet",
        "protocol": 2,
        **_parse(url),
    }
