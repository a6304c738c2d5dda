import gc
import time

import pytest

from gateway.domain.lifecycle import VersionState
from gateway.pipeline.refusals import Refusal
from gateway.pipeline.routing import find_route, is_never_found
from gateway.pipeline.snapshot import Operation
from tests.builders import ISSUER, a_call, a_snapshot, a_version


def refused(path, method="GET", snapshot=None, **given):
    with pytest.raises(Refusal) as caught:
        find_route(snapshot or a_snapshot(), a_call(path, method=method, **given))
    return caught.value


def test_an_address_leads_to_its_operation():
    route = find_route(a_snapshot(), a_call("/api/weather/v1/stations/42"))

    assert route.operation == Operation("GET", "/stations/{id}")
    assert (route.prefix, route.rest) == ("/api/weather/v1", "/stations/42")
    assert route.scope == "weather:read"
    assert route.audience == f"{ISSUER}/api/weather"


def test_a_post_asks_for_the_scope_that_writes():
    assert find_route(a_snapshot(), a_call("/api/weather/v1/stations", method="POST")).scope == "weather:write"


def test_head_follows_get():
    route = find_route(a_snapshot(), a_call("/api/weather/v1/stations", method="HEAD"))

    assert route.operation.method == "GET"


@pytest.mark.parametrize(
    "path",
    [
        "/api/snow/v1/stations",
        "/api/weather/v2/stations",
        "/api/weather/v01/stations",
        "/api/weather/1/stations",
        "/api/weather/v1x/stations",
        "/api/weather",
        "/api//v1/stations",
        "/api/WEATHER/v1/stations",
        "/api/weather/v9999999999/stations",
        "/api/",
    ],
)
def test_an_address_that_names_no_served_version_is_unknown(path):
    assert refused(path).row.code == "unknown-api"


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.CHECKED])
def test_a_version_that_is_not_published_is_unknown(state):
    assert refused("/api/weather/v1/stations", snapshot=a_snapshot(a_version(state=state))).row.code == "unknown-api"


def test_a_deprecated_version_still_answers():
    snapshot = a_snapshot(a_version(state=VersionState.DEPRECATED))

    assert find_route(snapshot, a_call("/api/weather/v1/stations")).rest == "/stations"


def test_a_retired_version_is_gone():
    refusal = refused("/api/weather/v1/stations", snapshot=a_snapshot(a_version(state=VersionState.RETIRED)))

    assert (refusal.row.code, refusal.row.status) == ("retired-version", 410)


@pytest.mark.parametrize(
    "path", ["/api/weather/v1", "/api/weather/v1/", "/api/weather/v1/nothing", "/api/weather/v1//stations"]
)
def test_a_path_that_is_not_declared_is_refused(path):
    assert refused(path).row.code == "undeclared-path"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "get", "TRACE", "CONNECT", "X"])
def test_a_method_that_is_not_declared_is_told_which_ones_are(method):
    refusal = refused("/api/weather/v1/stations", method)

    assert refusal.row.status == 405
    assert refusal.headers.get("Allow") == "GET, HEAD, POST"


def test_trace_is_refused_even_where_a_document_declares_it():
    snapshot = a_snapshot(a_version(operations=(Operation("TRACE", "/a"), Operation("GET", "/a"))))

    assert refused("/api/weather/v1/a", "TRACE", snapshot).headers.get("Allow") == "GET, HEAD"


@pytest.mark.parametrize(
    "segment",
    [
        ".",
        "..",
        "%2e",
        "%2E%2e",
        ".%2e",
        "%252e%252e",
        "..;x=1",
        "a%2f..",
        "..%2fa",
        "a%2F%2e%2e%2Fb",
        "..%5ca",
        "..\\a",
        "a%5C..%5Cb",
        "%2e%2e%3bx",
        "%25252e.",
    ],
)
def test_a_path_that_hides_a_dot_segment_is_ambiguous(segment):
    assert refused(f"/api/weather/v1/stations/{segment}").row.code == "ambiguous-path"
    assert refused(f"/api/weather/{segment}/weather/v1/stations").row.code == "ambiguous-path"


@pytest.mark.parametrize(
    "segment", ["a%2Fb", "a;b=c", "a+b", "...", ".a", "a..b", "%20", "a%2eb", "%C3%A9", "~", "a%", "%zz"]
)
def test_other_odd_segments_stay_as_they_arrived(segment):
    route = find_route(a_snapshot(), a_call(f"/api/weather/v1/stations/{segment}"))

    assert route.rest == f"/stations/{segment}"


@pytest.mark.parametrize("via", ["1.1 {}", "1.0 fred, 1.1 {}", "HTTP/1.1 {} (comment)"])
def test_a_call_that_we_already_forwarded_is_a_loop(via):
    snapshot = a_snapshot()

    refusal = refused("/api/weather/v1/stations", fields=(("Via", via.format(snapshot.pseudonym)),))

    assert refusal.row.status == 508


def test_a_call_that_another_gateway_forwarded_is_no_loop():
    assert find_route(a_snapshot(), a_call(fields=(("Via", "1.1 guichet-0000000000, 1.1"),))).rest == "/stations"


def test_the_cost_of_routing_does_not_grow_with_the_catalogue_nor_that_of_compiling_faster_than_it():
    operations = tuple(Operation("GET", f"/things{n}/{{id}}/parts") for n in range(20))

    def of(size):
        return a_snapshot(*(a_version(api_name=f"api-{n}", operations=operations) for n in range(size)))

    def cost(work, times):
        gc.disable()  # what it costs to look for cycles depends on all that other tests left behind
        began = time.process_time()
        for _ in range(times):
            work()
        spent = time.process_time() - began
        gc.enable()
        return spent

    call = a_call("/api/api-7/v1/things7/42/parts")
    large, small = of(1000), of(10)
    routing = [min(cost(lambda: find_route(it, call), 3000) for _ in range(3)) for it in (large, small)]  # noqa: B023 - used at once
    compiling = [min(cost(lambda: of(size), 1000 // size) for _ in range(3)) for size in (1000, 10)]  # noqa: B023 - used at once

    assert routing[0] < 3 * routing[1]
    assert compiling[0] < 3 * compiling[1], compiling


@pytest.mark.parametrize(
    "template",
    [
        "/a/../b",
        "/.",
        "/a/%2e%2E/b",
        "/a/%252e/b",
        "/a/..;b=c",
        "/a\\..\\b",
        "/{id}/..",
        "/{id};x/a%2F..%2Fb",
        "/{a}/.;{b}",
    ],
)
def test_a_template_whose_every_path_is_refused_is_known_beforehand(template):
    snapshot = a_snapshot(a_version(operations=(Operation("GET", template),)))
    path = template.replace("{id}", "42").replace("{a}", "1").replace("{b}", "2").replace("\\", "%5C")

    assert is_never_found(template)
    assert refused(f"/api/weather/v1{path}", snapshot=snapshot).row.code == "ambiguous-path"


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/{a.b}/c", "/1/c"),
        ("/{id}..", "/1.."),
        ("/a//b", "/a//b"),
        ("/a b", "/a%20b"),
        ("/a;b=c", "/a;b=c"),
        ("/a\\b", "/a%5Cb"),
        ("/.well-known/é", "/.well-known/%C3%A9"),
        ("/...", "/..."),
    ],
)
def test_a_template_that_some_path_fits_is_called_there(template, path):
    snapshot = a_snapshot(a_version(operations=(Operation("GET", template),)))

    assert not is_never_found(template)
    assert find_route(snapshot, a_call(f"/api/weather/v1{path}")).operation.template == template
