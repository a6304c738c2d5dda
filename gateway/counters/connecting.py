"""The address of the shared ledger, and a client for it: bounded connections, bounded waits, nothing tried twice.

| address | what is there |
|---|---|
| `redis://user:password@host:6379/0` | one server, or a proxy in front of several |
| `redis+sentinel://user:password@host:26379,host:26379/name/0` | the primary that these sentinels name |
| `redis+cluster://user:password@host:6379,host:6379` | a cluster, by some of its nodes |

`rediss` instead of `redis` is TLS; `?ssl_ca_certs=/path` names who is trusted, as the library's documentation says of
all that may follow the question mark.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel


class Client(Protocol):
    """What we ask of a client; all that is shown here of a library that is typed in parts."""

    def execute_command(self, *command: Any) -> Any:
        """The answer to a command; raises `redis.RedisError`."""

    def close(self) -> None:
        """Give the connections back."""


_Library = Callable[..., Any]
_pool: _Library = BlockingConnectionPool
_cluster: _Library = RedisCluster
_node: _Library = ClusterNode
_sentinel: _Library = Sentinel
_parse: _Library = parse_url

WAIT_SECONDS = 0.5
"""How long a connection, an answer, or a free connection is waited for."""

MOST_CONNECTIONS = 16

_SCHEMES = {f"redis{tls}{kind}" for tls in ("", "s") for kind in ("", "+sentinel", "+cluster")}
_PORT, _SENTINEL_PORT = 6379, 26379


def client_for(url: str) -> Callable[[], Client]:
    """What opens the store at an address, when it is first needed.

    Raises:
        ValueError: this is no such address.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("not an address of Redis")
    if not kind:
        options = _options(url)
        return lambda: Redis(connection_pool=_pool(**options))
    hosts = _hosts(parts.netloc.rpartition("@")[2], _SENTINEL_PORT if kind == "sentinel" else _PORT)
    options = _options(
        f"{scheme}://{parts.netloc.rpartition('@')[0]}@host/{parts.path.rpartition('/')[2]}?{parts.query}"
    )
    secure = {"ssl": True} if options.pop("connection_class", None) else {}
    for unneeded in ("host", "port", "timeout"):
        options.pop(unneeded, None)
    if kind == "cluster":
        nodes = [_node(host, port) for host, port in hosts]
        return partial(_cluster, startup_nodes=nodes, **options, **secure)
    name = unquote(parts.path.strip("/").partition("/")[0])
    if not name:
        raise ValueError("the sentinels must be told a name")
    asked = {key: options[key] for key in ("socket_timeout", "socket_connect_timeout")} | secure
    return lambda: _sentinel(hosts, sentinel_kwargs=asked, **options, **secure).master_for(name)


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


def _hosts(text: str, port: int) -> list[tuple[str, int]]:
    named = [urlsplit(f"//{each}") for each in text.split(",")]
    return [(each.hostname or "", each.port or port) for each in named]
