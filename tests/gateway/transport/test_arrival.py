import pytest

from gateway.http.headers import Headers
from gateway.transport.arrival import arrival_at, client_of

US = ("192.0.2.1", "http")


def test_each_arrival_has_a_name_of_its_own_that_tells_when():
    arrivals = [arrival_at(1_790_000_000.5, 1) for _ in range(100)]

    assert len({arrival.request_id for arrival in arrivals}) == 100
    assert all(arrival.request_id.startswith("req_") for arrival in arrivals)
    assert {(arrival.received_at, arrival.proxies) for arrival in arrivals} == {(1_790_000_000.5, 1)}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "lie, 203.0.113.9", "203.0.113.9"),
        (2, "lie, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "a b", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(proxies, forwarded, found):
    headers = Headers.of([("X-Forwarded-For", forwarded)] if forwarded else [])

    assert client_of(*US, headers, proxies)[0] == found


@pytest.mark.parametrize(
    ("said", "found"), [("https", "https"), ("http, https", "https"), ("ftp", "http"), ("", "http")]
)
def test_the_scheme_is_what_the_nearest_proxy_said(said, found):
    headers = Headers.of([("X-Forwarded-Proto", said)])

    assert client_of(*US, headers, 1)[1] == found
    assert client_of(*US, headers, 0)[1] == "http"
