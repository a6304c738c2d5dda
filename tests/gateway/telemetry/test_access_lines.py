from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import Headers
from gateway.telemetry.access_lines import LONGEST, line_of, time_of
from gateway.telemetry.version_names import VersionNames
from tests.builders import a_snapshot
from tests.fixtures.consuming import MOMENT, finished

NAMES = VersionNames(a_snapshot)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def told(*, fields=(), peer="203.0.113.7", proxies=0, upstream_ms=None, **changes):
    call = replace(finished(**changes), headers=Headers.of(fields), peer=peer, upstream_ms=upstream_ms)
    return orjson.loads(line_of(call, NAMES, proxies))


def test_a_line_tells_what_became_of_a_call():
    line = told(request_id="req_1", received_at=MOMENT + 0.25, latency_ms=7.1239, upstream_ms=5.5, sent_bytes=10)

    assert line == {
        "time": "2026-11-22T12:00:00.250Z",
        "request_id": "req_1",
        "trace_id": line["trace_id"],
        "client": "203.0.113.0/24",
        "api": "weather",
        "version": "1",
        "operation": "GET /holidays",
        "application_id": "app_1",
        "method": "GET",
        "path": "/api/weather/v1/holidays",
        "status": 200,
        "refusal": None,
        "duration_ms": 7.124,
        "upstream_ms": 5.5,
        "request_bytes": 0,
        "sent_bytes": 10,
    }


def test_what_is_not_known_is_null():
    line = told(version_id="ver_1", operation="", application_id="", refusal="unknown-path", peer="")

    assert (line["api"], line["refusal"]) == ("weather", "unknown-path")
    assert [line[name] for name in ("operation", "path", "application_id", "client", "upstream_ms")] == [None] * 5


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("camilles-telephone.example", None),
        ("", None),
    ],
)
def test_of_an_address_only_the_network_is_told(peer, network):
    assert told(peer=peer)["client"] == network


def test_behind_a_proxy_of_ours_it_is_the_client_that_is_told():
    fields = [("X-Forwarded-For", "198.51.100.9"), ("X-Forwarded-For", "192.0.2.44")]

    assert told(fields=fields, proxies=1)["client"] == "192.0.2.0/24"
    assert told(fields=fields, proxies=2)["client"] == "198.51.100.0/24"
    assert told(fields=fields, proxies=0)["client"] == "203.0.113.0/24"


def test_the_trace_is_the_callers_own_or_else_the_one_that_we_begin():
    given_one = told(fields=[("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")])["trace_id"]
    made = [told(request_id="req_1", fields=[("traceparent", text)])["trace_id"] for text in ("00-x", "a\n")]

    assert given_one == TRACE
    assert made[0] == made[1] == told(request_id="req_1")["trace_id"] != TRACE
    assert len(made[0]) == 32


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ([], 0),
        ([("Content-Length", "12")], 12),
        ([("Content-Length", "twelve")], None),
        ([("Transfer-Encoding", "chunked")], None),
    ],
)
def test_a_request_is_as_long_as_it_says(fields, length):
    assert told(fields=fields)["request_bytes"] == length


@pytest.mark.parametrize("operation", ["GET /" + "é" * 5_000, "GET /" + "\U0001f600" * 5_000, "GET /" + "\0" * 5_000])
def test_the_longest_line_is_written_in_one_piece(operation):
    longest = dict.fromkeys(("request_id", "application_id"), "x" * 40) | {"refusal": "r" * 60}
    call = finished(operation=operation, method="\0" * 9_000, latency_ms=123456.789, sent_bytes=2**60, **longest)
    peer = "2001:db8:1234::1"

    assert len(line_of(replace(call, peer=peer), NAMES, 0)) < LONGEST


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_text_can_forge_a_line(text):
    line = line_of(replace(finished(operation=text, method=text, application_id=text), peer=text), NAMES, 0)

    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert orjson.loads(line)["application_id"] == (text or None)


def test_a_time_is_told_in_utc_to_the_millisecond():
    assert time_of(MOMENT) == "2026-11-22T12:00:00.000Z"
    assert time_of(MOMENT + 0.0019) == "2026-11-22T12:00:00.001Z"
