import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from gateway.pipeline.refusals import Refusal
from gateway.transport.arrival import Arrival
from gateway.transport.environ import raw_target, read_call

NOW = Arrival(1.0, "req_1")


def an_environ(**given):
    environ = EnvironBuilder(path="/api/x", headers=[("Host", "a.ca")]).get_environ()
    environ |= {"RAW_URI": "/api/x", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.1"} | given
    return {key: value for key, value in environ.items() if value is not None}


def read(arrival=NOW, **given):
    return read_call(an_environ(**given), arrival)


def test_a_call_is_read():
    call = read(RAW_URI="/api/x%2Fy?a=b?", HTTP_ACCEPT_LANGUAGE="fr", HTTP_X_OWN=" v ", REQUEST_METHOD="PUT")

    assert (call.method, call.path, call.query) == ("PUT", "/api/x%2Fy", "a=b?")
    assert (call.host, call.scheme, call.client_address, call.language) == ("a.ca", "http", "192.0.2.1", "fr")
    assert call.headers.get("X-Own") == "v"
    assert (call.request_id, call.received_at, call.body) == ("req_1", 1.0, None)


@pytest.mark.parametrize(("target", "query"), [("/api/x", None), ("/api/x?", ""), ("/api/x?a", "a")])
def test_no_query_and_an_empty_one_are_told_apart(target, query):
    assert read(RAW_URI=target).query == query


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"RAW_URI": "/a%2Fb", "REQUEST_URI": "/other"}, ("/a%2Fb", "")),
        ({"RAW_URI": None, "REQUEST_URI": "/a%2Fb?c"}, ("/a%2Fb?c", "")),
        ({"RAW_URI": "http://h.ca:80/a?b"}, ("/a?b", "h.ca:80")),
        ({"RAW_URI": "HTTPS://h.ca"}, ("/", "h.ca")),
        ({"RAW_URI": "/a://b"}, ("/a://b", "")),
        (
            {"RAW_URI": None, "REQUEST_URI": None, "PATH_INFO": "/caf\xc3\xa9", "QUERY_STRING": "q=1"},
            ("/caf%C3%A9?q=1", ""),
        ),
    ],
)
def test_the_target_is_taken_from_where_the_server_left_it(given, expected):
    assert raw_target(an_environ(**given)) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"HTTP_HOST": None},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "a.ca,b.ca"},
        {"HTTP_HOST": "a b"},
        {"HTTP_HOST": "a b", "SERVER_PROTOCOL": "HTTP/1.0"},
        {"RAW_URI": "/api/é"},
        {"RAW_URI": "/api/x y"},
        {"RAW_URI": "/api/x#y"},
        {"RAW_URI": "/api/x\x00"},
        {"REQUEST_METHOD": "G(T"},
        {"HTTP_X": "a\r\nb"},
        {"HTTP_X": "a\x00b"},
        {"HTTP_(": "a"},
        {"CONTENT_LENGTH": "+5"},
        {"CONTENT_LENGTH": "5, 5"},
        {"CONTENT_LENGTH": "5", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
        {"HTTP_TRANSFER_ENCODING": "gzip, chunked", "wsgi.input_terminated": True},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
    ],
)
def test_what_breaks_the_rules_of_http_is_malformed(given):
    with pytest.raises(Refusal) as caught:
        read(**given)

    assert caught.value.row.code == "malformed-request"


def test_an_old_client_needs_no_host():
    assert read(HTTP_HOST=None, SERVER_PROTOCOL="HTTP/1.0").host == ""


def test_a_body_is_read_to_its_length_and_no_further():
    call = read(CONTENT_LENGTH="4", **{"wsgi.input": io.BytesIO(b"bodynext request")})

    assert call.body.length == 4
    assert b"".join(call.body.chunks) == b"body"


def test_a_body_that_ends_early_is_a_client_that_left():
    call = read(CONTENT_LENGTH="9", **{"wsgi.input": io.BytesIO(b"body")})

    with pytest.raises(Refusal, match="client-left"):
        list(call.body.chunks)


def test_whatever_a_server_raises_while_reading_is_a_client_that_left():
    class Breaking:
        def read(self, size):
            raise OSError("reset")

    call = read(CONTENT_LENGTH="9", **{"wsgi.input": Breaking()})

    with pytest.raises(Refusal, match="client-left"):
        list(call.body.chunks)


FORWARDED = {"HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.5,203.0.113.6", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.mark.parametrize(
    ("proxies", "address", "scheme"),
    [(0, "192.0.2.1", "http"), (1, "203.0.113.6", "https"), (2, "203.0.113.5", "https"), (4, "192.0.2.1", "https")],
)
def test_only_as_many_proxies_are_believed_as_the_operator_trusts(proxies, address, scheme):
    call = read(Arrival(1.0, "req_1", proxies), **FORWARDED)

    assert (call.client_address, call.scheme) == (address, scheme)


def test_a_proxys_nonsense_is_not_believed():
    call = read(Arrival(1.0, "req_1", 1), HTTP_X_FORWARDED_FOR='";evil', HTTP_X_FORWARDED_PROTO="gopher")

    assert (call.client_address, call.scheme) == ("192.0.2.1", "http")


@given(st.text(max_size=30), st.text(max_size=30))
def test_garbage_is_malformed_and_nothing_worse(target, host):
    with contextlib.suppress(Refusal):
        call = read(RAW_URI="/api/" + target, HTTP_HOST=host)

        assert call.path.isascii()
        assert "," not in call.host
