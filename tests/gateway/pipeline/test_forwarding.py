import pytest

from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.pipeline.decision import decide
from gateway.pipeline.effects import Send
from gateway.pipeline.refusals import UPSTREAM_BROKEN, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, Failure
from tests.builders import (
    MINUTE,
    a_bearer_call,
    a_budget,
    a_call,
    a_consumer,
    a_reply,
    a_service,
    a_snapshot,
    a_target,
    a_version,
    what_everybody_has,
)
from tests.replay import replay

PSEUDONYM = a_snapshot().pseudonym


def play(reply=None, snapshot=None, **given):
    answers = [a_consumer(), a_budget(), reply or a_reply()]
    return replay(decide(a_bearer_call(**given), snapshot or a_snapshot()), answers)


def sent(**given) -> Send:
    return next(effect for effect in play(**given).effects if isinstance(effect, Send))


def received(*fields, status=200, **given):
    return play(Reply(status, Headers(fields)), **given).reply.headers


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/stations", None, "/stations"),
        ("/stations", "", "/stations?"),
        ("/stations", "a=%2F&b=+&&c;d", "/stations?a=%2F&b=+&&c;d"),
        ("/stations/a%2Fb;x+y", "??", "/stations/a%2Fb;x+y???"),
    ],
)
def test_path_and_query_leave_as_they_arrived(path, query, expected):
    assert sent(path=f"/api/weather/v1{path}", query=query).path_and_query == expected


def test_the_whole_service_is_named_and_no_host():
    service = a_service(a_target(), a_target(host="other.example"))

    request = sent(snapshot=a_snapshot(a_version(service=service)), fields=(("Host", "evil.example"),))

    assert request.service is service
    assert "Host" not in request.headers


def test_credentials_and_cookies_stay_here():
    request = sent(fields=(("Cookie", "session=1"), ("Proxy-Authorization", "Basic x")))

    assert not {"authorization", "x-api-key", "cookie", "proxy-authorization"} & {
        name.lower() for name, _ in request.headers
    }


def test_fields_of_one_hop_stay_here_with_all_that_connection_names():
    fields = (
        ("Connection", "X-Private, close"),
        ("X-Private", "1"),
        ("Keep-Alive", "5"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "websocket"),
        ("Expect", "100-continue"),
        ("X-Kept", "1"),
    )

    names = {name for name, _ in sent(fields=fields).headers}

    assert "X-Kept" in names
    assert not names & {name for name, _ in fields if name != "X-Kept"}


def test_a_caller_cannot_make_us_strip_what_we_say():
    named = "X-Forwarded-For, X-Guichet-Application, Via, Forwarded, traceparent, X-Request-Id"

    headers = sent(fields=(("Connection", named),)).headers

    assert all(name.strip() in headers for name in named.split(","))


def test_what_we_say_about_the_caller_is_overwritten():
    lies = (
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "x-forwarded-proto",
        "X-Forwarded-Prefix",
        "Forwarded",
        "X-Request-Id",
    )
    fields = tuple((name, "a lie") for name in (*lies, "X-Guichet-Application", "X-Guichet-Anything", "X-Real-IP"))

    headers = sent(fields=fields).headers

    assert "a lie" not in [value for _, value in headers]
    assert headers.all("X-Forwarded-For") == ("203.0.113.7",)
    assert headers.all("X-Forwarded-Prefix") == ("/api/weather/v1",)
    assert headers.all("X-Guichet-Application") == ("app_farm",)
    assert headers.all("X-Request-Id") == ("req_TEST",)
    assert headers.all("Forwarded") == ('for=203.0.113.7;host="guichet.example.ca";proto=http',)


def test_an_ipv6_caller_is_quoted():
    assert sent(client_address="2001:db8::1", host="").headers.get("Forwarded") == 'for="[2001:db8::1]";proto=http'


def test_via_is_added_after_those_before_us():
    assert sent(fields=(("Via", "1.0 fred"),)).headers.all("Via") == ("1.0 fred", f"1.1 {PSEUDONYM}")


def test_unknown_fields_keep_their_order_and_spelling():
    fields = (("X-b", "2"), ("X-A", "1"), ("x-B", "3"))

    assert [pair for pair in sent(fields=fields).headers if pair[0].lower() in {"x-a", "x-b"}] == list(fields)


def test_a_body_passes_without_being_read():
    body = Body(iter([b"a"]))

    assert sent(method="POST", body=body).body is body


def test_a_reply_passes_with_its_status_and_its_own_fields():
    headers = received(("ETag", '"1"'), ("Cache-Control", "max-age=5"), ("X-Own", "1"), ("X-Own", "2"), status=203)

    assert headers.all("X-Own") == ("1", "2")
    assert headers.get("ETag") == '"1"'
    assert headers.get("Via") == f"1.1 {PSEUDONYM}"
    assert headers.get("X-Request-Id") == "req_TEST"


def test_a_reply_cannot_act_on_the_portals_origin():
    refused = (
        "Set-Cookie",
        "Server",
        "X-Powered-By",
        "Strict-Transport-Security",
        "Clear-Site-Data",
        "Service-Worker-Allowed",
    )
    fields = tuple((name, "x") for name in refused)

    headers = received(*fields, ("Content-Security-Policy", "default-src *"), ("X-Content-Type-Options", "no"))

    assert not any(name in headers for name in refused)
    assert headers.all("Content-Security-Policy") == ("sandbox; default-src 'none'",)
    assert headers.all("X-Content-Type-Options") == ("nosniff",)


def test_a_replys_fields_of_one_hop_stay_behind():
    headers = received(
        ("Connection", "X-Internal"), ("X-Internal", "1"), ("Transfer-Encoding", "chunked"), ("Trailer", "x")
    )

    assert not any(name in headers for name in ("Connection", "X-Internal", "Transfer-Encoding", "Trailer"))


def test_a_redirect_inside_the_service_stays_with_us():
    headers = received(("Location", "http://inside.example:8080/base/stations/1?a=b#c"), status=302)

    assert headers.get("Location") == "/api/weather/v1/stations/1?a=b#c"


def test_no_address_in_a_reply_names_the_services_host():
    elsewhere = "http://inside.example:8080/elsewhere"

    headers = received(
        ("Location", elsewhere),
        ("content-location", elsewhere),
        ("Link", f"<{elsewhere}>; rel=prev, <http://inside.example:8080/base/stations?page=2>; rel=next"),
        ("link", f"<{elsewhere}>"),
    )

    assert not any("inside.example" in value for _, value in headers)
    assert "Location" not in headers
    assert "Content-Location" not in headers
    assert headers.all("Link") == ("</api/weather/v1/stations?page=2>; rel=next",)


@pytest.mark.parametrize(
    ("row", "values", "error"),
    [
        (UPSTREAM_UNREACHABLE, {}, "connection_refused"),
        (UPSTREAM_BROKEN, {}, "http_protocol_error"),
        (UPSTREAM_TIMEOUT, {"seconds": "30"}, "http_response_timeout"),
    ],
)
def test_a_service_that_fails_is_told_with_its_proxy_status(row, values, error):
    failure = Failure(row, **values)
    failure.proxy_error = error

    played = play(failure)

    assert (played.reply.status, played.problem["code"]) == (row.status, row.code)
    assert played.reply.headers.get("Proxy-Status") == f"{PSEUDONYM}; error={error}"
    assert played.event.refusal == row.code
    assert "RateLimit" in played.reply.headers


HANDSHAKE = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "a"))


def test_a_wish_to_switch_leaves_with_its_handshake_where_the_api_allows_it():
    allowing = a_snapshot(a_version(service=a_service(allows_upgrade=True)))
    request = sent(snapshot=allowing, fields=HANDSHAKE, upgrade="websocket")

    assert request.upgrade == "websocket"
    assert request.headers.pairs[-3:] == HANDSHAKE


@pytest.mark.parametrize(("allows", "upgrade"), [(False, "websocket"), (True, "")])
def test_elsewhere_neither_leaves(allows, upgrade):
    snapshot = a_snapshot(a_version(service=a_service(allows_upgrade=allows)))
    request = sent(snapshot=snapshot, fields=HANDSHAKE, upgrade=upgrade)

    assert request.upgrade == ""
    assert not {"connection", "upgrade", "sec-websocket-key"} & {name.lower() for name, _ in request.headers}


def test_the_wish_of_a_caller_without_a_credential_does_not_leave():
    version = a_version(service=a_service(allows_upgrade=True), keyless=what_everybody_has())
    call = a_call(upgrade="websocket", fields=(("Upgrade", "websocket"), ("Connection", "Upgrade")))

    played = replay(decide(call, a_snapshot(version)), [a_budget(9, windows=(MINUTE,)), a_reply()])
    (request,) = [effect for effect in played.effects if isinstance(effect, Send)]

    assert (request.upgrade, "Upgrade" in request.headers) == ("", False)


def test_a_switch_is_no_interim_reply_and_the_caller_is_told_of_it():
    headers = received(("Upgrade", "websocket"), ("Connection", "upgrade"), ("Server", "x"), status=101)

    assert (headers.all("Upgrade"), headers.all("Connection")) == (("websocket",), ("Upgrade",))
    assert "Server" not in headers


def test_a_service_is_told_that_a_call_is_nobodys():
    snapshot = a_snapshot(a_version(keyless=what_everybody_has()))
    lie = (("X-Guichet-Application", "app_farm"),)

    played = replay(decide(a_call(fields=lie), snapshot), [a_budget(9, windows=(MINUTE,)), a_reply()])
    (request,) = [effect for effect in played.effects if isinstance(effect, Send)]

    assert request.headers.all("X-Guichet-Application") == ("anonymous",)
