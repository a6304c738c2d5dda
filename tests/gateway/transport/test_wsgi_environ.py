from types import SimpleNamespace
from typing import Any

import pytest

from gateway.http.headers import Headers
from gateway.transport.requests import Request
from gateway.transport.wsgi_environ import make_environ

CLIENT: Any = SimpleNamespace(peer="192.0.2.1", scheme="http")


def made(target="/caf%C3%A9%2Fb?q=%20", *fields, authority="", client=CLIENT):
    whole: dict[str, Any] = {"version": "1.1", "keeps": True, "expects": False, "body": None, "length": None}
    request = Request("GET", target, authority, Headers(fields), **whole)
    body: Any = object()
    environ = make_environ(client, request, body)
    assert environ["wsgi.input"] is body
    return environ


def test_the_path_is_decoded_once_and_kept_raw_beside_it():
    environ = made()

    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café/b"
    assert (environ["RAW_URI"], environ["QUERY_STRING"]) == ("/caf%C3%A9%2Fb?q=%20", "q=%20")
    assert (environ["REMOTE_ADDR"], environ["SERVER_PROTOCOL"], environ["REQUEST_METHOD"]) == (
        "192.0.2.1",
        "HTTP/1.1",
        "GET",
    )


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        ("g.ca", "g.ca", "80"),
        ("g.ca:8000", "g.ca", "8000"),
        ("[::1]", "[::1]", "80"),
        ("[::1]:8000", "[::1]", "8000"),
        ("g.ca:99999", "g.ca", "99999"),
        ("", "localhost", "80"),
    ],
)
def test_the_server_is_whom_the_client_named(host, name, port):
    environ = made("/", *([("Host", host)] if host else []))

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (name, port)


def test_an_absolute_target_names_the_server_before_host_does():
    assert made("/", ("Host", "a.ca"), authority="b.ca:81")["SERVER_NAME"] == "b.ca"


def test_behind_tls_the_usual_port_is_another():
    environ = made("/", ("Host", "g.ca"), client=SimpleNamespace(peer="", scheme="https"))

    assert (environ["wsgi.url_scheme"], environ["SERVER_PORT"]) == ("https", "443")


def test_fields_that_came_twice_are_joined_and_cookies_as_cookies_are():
    environ = made("/", ("Accept", "a"), ("accept", "b"), ("Cookie", "c=1"), ("Cookie", "d=2"), ("Content-Type", "a/b"))

    assert (environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"], environ["CONTENT_TYPE"]) == ("a,b", "c=1; d=2", "a/b")


def test_a_name_with_an_underscore_becomes_no_other_name():
    assert "HTTP_X_FORWARDED_FOR" not in made("/", ("X_Forwarded_For", "1.2.3.4"))
