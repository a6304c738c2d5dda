"""What each lane does when a target fails: another target, the same one, or a rest."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gateway.http.messages import Body
from gateway.pipeline.refusals import Failure
from gateway.upstream import connections, conversation
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.breaker import LIMIT
from tests.asking import OK
from tests.builders import a_service_on, a_target
from tests.lanes_to_services import lane_to_services
from tests.loopback import answering, serving
from tests.waiting import eventually


def a_service_of(*ports, **given):
    targets = tuple(a_target(host="127.0.0.1", port=port, base_path="") for port in ports)
    return replace(a_service_on(ports[0]), targets=targets, **given)


def outcome(services, service, **given):
    try:
        return services.ask(service, **given)[0]
    except Failure as failure:
        return failure.row.code, failure.headers.get("Retry-After"), failure.proxy_error


def hearing_only(line):
    line.read_head()


def always(answer):
    def behave(line):
        while line.read_head():
            line.write(answer)

    return behave


def test_calls_are_spread_over_the_targets(services):
    with serving(always(OK)) as one, serving(always(OK)) as two:
        service = a_service_of(one.port, two.port)
        assert {outcome(services, service) for _ in range(10)} == {200}
        services.close()

    assert (len(one.requests), len(two.requests)) == (5, 5)


def test_each_target_is_named_and_has_its_own_base_path(services):
    with serving(always(OK)) as one, serving(always(OK)) as two:
        service = a_service_of(one.port, two.port)
        service = replace(service, targets=(service.targets[0], replace(service.targets[1], base_path="/v2")))
        for _ in range(2):
            outcome(services, service)
        services.close()

    assert one.requests == [b"GET /a HTTP/1.1\r\nHost: 127.0.0.1:%d" % one.port]
    assert two.requests == [b"GET /v2/a HTTP/1.1\r\nHost: 127.0.0.1:%d" % two.port]


@pytest.mark.parametrize("given", [{}, {"method": "POST", "body": Body((b"abc",), 3)}])
def test_a_call_that_finds_nobody_listening_goes_to_another_target(services, free_port, given):
    def behave(line):
        while line.read_head():
            line.read(len(given) and 3)
            line.write(OK)

    with serving(behave) as server:
        service = a_service_of(free_port, server.port)
        assert [outcome(services, service, **given) for _ in range(4)] == [200] * 4
        services.close()


def test_a_call_that_is_idempotent_goes_to_another_target_when_the_first_hangs_up_on_it(services):
    with serving(hearing_only) as mute, serving(always(OK)) as server:
        service = a_service_of(mute.port, server.port)
        assert {outcome(services, service, method="DELETE") for _ in range(4)} == {200}
        services.close()

    assert len(mute.requests) == 2


def test_a_call_that_is_not_idempotent_does_not(services):
    with serving(hearing_only) as mute, serving(always(OK)) as server:
        service = a_service_of(mute.port, server.port)
        outcomes = [outcome(services, service, method="POST") for _ in range(2)]
        services.close()

    assert sorted(outcomes, key=str) == [("upstream-unreachable", None, "connection_terminated"), 200]


def test_nothing_is_tried_again_once_a_byte_of_the_reply_has_come(services):
    with serving(answering(b"HTTP/1.1 2")) as half, serving(always(OK)) as server:
        outcomes = [outcome(services, a_service_of(half.port, server.port)) for _ in range(2)]
        services.close()

    assert sorted(outcomes, key=str) == [("upstream-broken", None, "http_response_incomplete"), 200]


def test_a_service_may_want_no_second_try(services, free_port):
    with serving(always(OK)) as server:
        outcomes = [outcome(services, a_service_of(free_port, server.port, retries=0)) for _ in range(2)]
        services.close()

    assert sorted(outcomes, key=str) == [("upstream-unreachable", None, "connection_refused"), 200]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_replies_that_say_unwell_are_passed_on_and_then_the_service_rests(services, status):
    with serving(always(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as server:
        service = a_service_of(server.port)
        outcomes = [outcome(services, service) for _ in range(LIMIT + 1)]
        services.close()

    assert outcomes == [status] * LIMIT + [("upstream-resting", "1", "destination_unavailable")]
    assert len(server.requests) == LIMIT


def test_a_service_that_cannot_be_reached_rests(services, free_port):
    outcomes = [outcome(services, a_service_of(free_port)) for _ in range(LIMIT + 1)]

    assert outcomes[:LIMIT] == [("upstream-unreachable", None, "connection_refused")] * LIMIT
    assert outcomes[LIMIT][0] == "upstream-resting"


@pytest.mark.parametrize("status", [404, 429, 500])
def test_other_replies_make_nobody_rest(services, status):
    with serving(always(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as server:
        service = a_service_of(server.port)
        outcomes = {outcome(services, service) for _ in range(LIMIT * 3)}
        services.close()

    assert outcomes == {status}


@pytest.mark.parametrize("reply", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
def test_a_reply_that_is_broken_makes_nobody_rest_for_somebody_is_there(services, reply):
    with serving(answering(reply)) as server:
        outcomes = [outcome(services, a_service_of(server.port))[0] for _ in range(LIMIT * 2)]

    assert outcomes == ["upstream-broken"] * LIMIT * 2


def test_calls_are_counted_out_however_they_end(services):
    gate = threading.Event()

    def behave(line):
        while (head := line.read_head()) and (path := head.split()[1]) == b"/a":
            line.write(OK)
        if head and path == b"/slow":
            gate.wait(10)
        line.write({b"/half": OK[:-1], b"/broken": b"nonsense\r\n\r\n"}.get(path, b"") if head else b"")

    with serving(behave) as server:
        service = a_service_on(server.port, first_byte=0.05)
        outcomes = [
            outcome(services, service, path=path) for path in ("/half", "/a", "/broken", "/a", "/slow", "/", "/a")
        ]
        gate.set()
        services.close()

    assert outcomes.count(200) == 3
    assert [member.in_flight for member in services.members(service)] == [0]


def no_such_name(host, port):
    raise socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize(
    ("resolve", "told"),
    [(no_such_name, "dns_error"), (lambda host, port: ("10.0.0.1",), "destination_ip_prohibited")],
)
def test_a_name_that_leads_nowhere_or_where_it_may_not_is_told_for_what_it_is(lane_name, resolve, told):
    with lane_to_services(lane_name, AddressPolicy(resolve=resolve)) as services:
        assert outcome(services, a_service_on(80, host="some.example")) == ("upstream-unreachable", None, told)


def test_a_connection_is_replaced_when_it_is_old(lane_name, monkeypatch):
    for module in (connections, conversation):
        monkeypatch.setattr(module, "MAX_AGE_SECONDS", 0.0)
    with serving(always(OK)) as server, lane_to_services(lane_name) as services:
        service = a_service_on(server.port)
        assert {outcome(services, service) for _ in range(3)} == {200}
        services.close()

    assert server.connections == 3


def test_a_service_that_rests_is_called_again_once_a_probe_went_well(services):
    well = threading.Event()

    def behave(line):
        while line.read_head():
            line.write(OK if well.is_set() else b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")

    with serving(behave) as server:
        service = a_service_of(server.port)
        eventually(lambda: outcome(services, service) != 503)
        well.set()
        eventually(lambda: outcome(services, service) == 200)
        again = {outcome(services, service) for _ in range(10)}
        services.close()

    assert again == {200}


def test_calls_of_many_at_once_are_counted_in_and_out(services):
    with serving(always(OK)) as one, serving(always(OK)) as two:
        service = a_service_of(one.port, two.port)
        with ThreadPoolExecutor(8) as callers:
            outcomes = list(callers.map(lambda _: outcome(services, service), range(200)))
        services.close()

    assert outcomes == [200] * 200
    assert [member.in_flight for member in services.members(service)] == [0, 0]
    assert len(one.requests) + len(two.requests) == 200
    assert min(len(one.requests), len(two.requests)) > 50
