"""TLS towards services, in both lanes: whom they trust, what they show, and what an end is."""

import ssl

import pytest
import uvloop

from gateway.pipeline.refusals import Failure
from gateway.pipeline.service import Tls
from gateway.upstream.addresses import AddressPolicy
from gateway.upstream.encryption import context_of
from tests.asking import OK, OPEN
from tests.builders import a_service_on
from tests.certificates import a_certificate, a_server_context
from tests.lanes_to_services import lane_to_services
from tests.loopback import answering, over_tls, serving


@pytest.fixture(scope="module")
def server_certificate():
    return a_certificate()


@pytest.fixture(scope="module")
def client_certificate():
    return a_certificate()


def outcome(services, port, **given):
    try:
        return services.ask(a_service_on(port, scheme="https", **given))
    except Failure as failure:
        return failure.row.code, failure.proxy_error


def test_a_name_is_always_verified_whoever_vouches_for_it(server_certificate):
    context = context_of(Tls(authorities=server_certificate.pem))

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context is context_of(Tls(authorities=server_certificate.pem))


def test_what_is_no_certificate_is_refused():
    for tls in (Tls(authorities="nonsense"), Tls(certificate="nonsense", key="nonsense")):
        with pytest.raises(ssl.SSLError):
            context_of(tls)


def test_a_certificate_longer_than_any_is_refused_and_waits_for_nobody(server_certificate):
    with pytest.raises(ssl.SSLError):
        context_of(Tls(certificate=server_certificate.pem + "#" * 10_000_000, key=server_certificate.key))


def test_a_service_may_name_who_vouches_for_it(services, server_certificate):
    with serving(over_tls(a_server_context(server_certificate), answering(OK))) as server:
        tls = Tls(authorities=server_certificate.pem)

        assert outcome(services, server.port, tls=tls) == (200, b"ok")
        assert outcome(services, server.port) == ("upstream-unreachable", "tls_certificate_error")
        services.close()


def test_another_hosts_certificate_is_refused(lane_name, server_certificate):
    policy = AddressPolicy(OPEN.allowed_networks, resolve=lambda host, port: ("127.0.0.1",))
    tls = Tls(authorities=server_certificate.pem)
    with (
        serving(over_tls(a_server_context(server_certificate), answering(OK))) as server,
        lane_to_services(lane_name, policy) as services,
    ):
        told = outcome(services, server.port, host="another.example", tls=tls)

    assert told == ("upstream-unreachable", "tls_certificate_error")
    assert server.requests == []


def test_a_service_that_wants_to_see_a_certificate_is_shown_ours(services, server_certificate, client_certificate):
    context = a_server_context(server_certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=client_certificate.pem)
    tls = Tls(server_certificate.pem, client_certificate.pem, client_certificate.key)
    with serving(over_tls(context, answering(OK))) as server:
        assert outcome(services, server.port, tls=tls) == (200, b"ok")
        services.close()


def test_without_one_it_refuses_us(services, server_certificate, client_certificate):
    context = a_server_context(server_certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=client_certificate.pem)
    with serving(over_tls(context, answering(OK))) as server:
        code, told = outcome(services, server.port, tls=Tls(server_certificate.pem))

    assert code == "upstream-unreachable"
    assert told in {"tls_alert_received", "connection_terminated"}  # what comes first is the service's to say


def test_services_that_trust_differently_share_no_connection(services, server_certificate):
    with serving(over_tls(a_server_context(server_certificate), answering(OK, OK))) as server:
        trusting = Tls(authorities=server_certificate.pem)
        assert outcome(services, server.port, tls=trusting) == (200, b"ok")

        assert outcome(services, server.port, tls=Tls()) == ("upstream-unreachable", "tls_certificate_error")
        services.close()


def cut(line):
    line.read_head()
    line.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")


def ended(line):
    cut(line)
    line.socket.unwrap()


@pytest.mark.parametrize(
    ("behaviour", "expected"), [(ended, (200, b"half")), (cut, ("upstream-broken", "http_response_incomplete"))]
)
def test_a_body_without_a_length_ends_with_a_goodbye_and_not_with_a_cut(
    services, server_certificate, behaviour, expected
):
    with serving(over_tls(a_server_context(server_certificate), behaviour)) as server:
        assert outcome(services, server.port, tls=Tls(server_certificate.pem)) == expected


@pytest.mark.parametrize(
    ("behaviour", "expected"), [(ended, (200, b"half")), (cut, ("upstream-broken", "http_response_incomplete"))]
)
def test_so_it_is_on_the_loop_that_production_runs(server_certificate, behaviour, expected):
    with (
        serving(over_tls(a_server_context(server_certificate), behaviour)) as server,
        lane_to_services("fast", new_loop=uvloop.new_event_loop) as services,
    ):
        assert outcome(services, server.port, tls=Tls(server_certificate.pem)) == expected
