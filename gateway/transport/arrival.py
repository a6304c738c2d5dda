"""What the transport knows of a request beside its bytes: when it came, what we call it, and from whom."""

import os

from gateway.domain.ids import make_id
from gateway.http.clients import client_address
from gateway.http.headers import Headers
from gateway.http.languages import preferred_language
from gateway.http.messages import Body, Call
from gateway.value import value


@value
class Arrival:
    """`received_at` is in seconds since the epoch; `proxies` is how many trusted proxies stand in front of us."""

    received_at: float
    request_id: str
    proxies: int = 0


def arrival_at(now: float, proxies: int) -> Arrival:
    """An arrival with a name of our own: what the caller calls it is not trusted."""
    return Arrival(now, make_id("request", int(now * 1000), os.urandom(16)), proxies)


def call_of(
    arrival: Arrival,
    method: str,
    target: tuple[str, str],
    headers: Headers,
    seen: tuple[str, str],
    body: Body | None,
) -> Call:
    """The call that a request makes, whichever lane read it.

    `target` is a path (and a query after "?") with the authority of an absolute-form target, else ""; `seen` is the
    address and the scheme of whoever is at the other end of the connection.
    """
    path, mark, query = target[0].partition("?")
    address, scheme = client_of(*seen, headers, arrival.proxies)
    return Call(
        method=method,
        path=path,
        query=query if mark else None,
        headers=headers,
        received_at=arrival.received_at,
        request_id=arrival.request_id,
        client_address=address,
        scheme=scheme,
        host=target[1] or headers.get("host") or "",  # RFC 9112 §3.2.2: absolute-form wins over Host
        language=preferred_language(headers.get("accept-language")),
        body=body,
    )


def client_of(address: str, scheme: str, headers: Headers, proxies: int) -> tuple[str, str]:
    """The client's address and scheme, as the trusted proxies tell it."""
    if not proxies:
        return address, scheme
    said = headers.tokens("x-forwarded-proto")[-1:]
    scheme = said[0] if said and said[0] in {"http", "https"} else scheme
    return client_address(address, ",".join(headers.all("x-forwarded-for")), proxies), scheme
