import base64

import pytest
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Flask, request

from gateway.oauth.requests import ClientRefused, Proof, read_proof, require_plain_form


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_client_proves_itself_in_the_body_or_by_basic():
    assert read_proof(None, {"client_id": "app_1", "client_secret": "s"}) == Proof("app_1", "s")
    assert read_proof(basic("app_1:s"), {}) == Proof("app_1", "s")


def test_both_halves_of_basic_are_form_decoded():
    assert read_proof(basic("app%5F1:a%2Bb+c"), {}) == Proof("app_1", "a+b c")


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (basic("app_1:s"), {"client_secret": "s"}),
        (basic("app_1:s"), {"client_assertion": "x"}),
        (None, {"client_secret": "s", "client_assertion": "x"}),
        (basic("app_1:s"), {"client_id": "app_2"}),
    ],
)
def test_two_ways_or_two_clients_at_once_are_refused(authorization, form):
    with pytest.raises(InvalidRequestError):
        read_proof(authorization, form)


@pytest.mark.parametrize("garbage", ["Basic !!!", "Basic /zr/", "Bearer x", "nonsense"])
def test_what_is_no_proof_is_refused_with_the_way_to_do_it_right(garbage):
    with pytest.raises(ClientRefused) as refused:
        read_proof(garbage, {})

    assert refused.value.status_code == 401
    assert dict(refused.value.get_headers())["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", {"json": {"grant_type": "client_credentials"}}),
        ("?client_secret=x", {"data": {"grant_type": "client_credentials"}}),
        ("", {"data": {"grant_type": ["a", "b"]}}),
        ("", {"data": {"scope": "x"}}),
    ],
    ids=["no form", "in the address", "twice", "no grant"],
)
def test_a_request_that_is_no_plain_form_goes_no_further(query, options):
    with Flask("small").test_request_context(f"/{query}", method="POST", **options), pytest.raises(InvalidRequestError):
        require_plain_form(request)


def test_a_plain_form_goes_on():
    with Flask("small").test_request_context("/", method="POST", data={"grant_type": "client_credentials"}):
        require_plain_form(request)
