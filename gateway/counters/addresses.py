"""Where the shared ledger is. Redis's own library is not needed to read this, nor loaded.

| address | what is there |
|---|---|
| `redis://user:password@host:6379/0` | one server, or a proxy in front of several |
| `redis+sentinel://user:password@host:26379,host:26379/name/0` | the primary that these sentinels name |
| `redis+cluster://user:password@host:6379,host:6379` | a cluster, by some of its nodes |

`rediss` instead of `redis` is TLS; `?ssl_ca_certs=/path` names who is trusted, as the library's documentation says of
all that may follow the question mark; `sentinel_username` and `sentinel_password` are for the sentinels themselves.
"""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_SCHEMES = {f"redis{tls}{kind}" for tls in ("", "s") for kind in ("", "+sentinel", "+cluster")}
_PORTS = {"": 6379, "cluster": 6379, "sentinel": 26379}


class Address(NamedTuple):
    """What is there (nothing, `sentinel` or `cluster`), on which hosts; `plain` is as the library takes it."""

    kind: str
    hosts: tuple[tuple[str, int], ...]
    name: str
    plain: str


def parse(url: str) -> Address:
    """An address, read; its hosts are asked nothing.

    Raises:
        ValueError: this is no such address.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    who, at, where = parts.netloc.rpartition("@")
    hosts = tuple(_host(each, _PORTS[kind]) for each in where.split(",")) if parts.scheme in _SCHEMES else ()
    if not hosts or not all(host for host, _ in hosts) or (len(hosts) > 1 and not kind):
        raise ValueError("not an address of Redis")
    if not kind:
        return Address(kind, hosts, "", url)
    name, _, database = parts.path.strip("/").partition("/")
    if kind == "sentinel" and not name:
        raise ValueError("sentinels of Redis must be told a name")
    return Address(kind, hosts, unquote(name), f"{scheme}://{who}{at}host/{database}?{parts.query}")


def _host(text: str, port: int) -> tuple[str, int]:
    named = urlsplit(f"//{text}")
    return named.hostname or "", named.port or port
