"""What the document says of each operation is what the server does, for every row of the table of routes."""

import re

import pytest

from gateway.management.describing import HEADERS, parts_of
from tests.gateway.management.test_protection import address, as_routed, guarded, prepare, send
from tests.gateway.management.who_may import ROWS, VISITORS, P

UNSAID = {"content-type", "content-length", "date"}
"""OpenAPI 3.1 §4.8.17.1 leaves the first out; the others belong to every message of HTTP."""

OPENED = {"email": "new@example.org", "name": "New", "password": "three quiet ovens at dawn"}
SIGNED_OUT = {
    ("POST", "/v1/accounts"): OPENED,
    ("POST", "/v1/accounts/verification-mails"): {"email": "developer@example.org"},
    ("POST", "/v1/accounts/password-mails"): {"email": "developer@example.org"},
    ("GET", "/v1/departments"): None,
    ("GET", "/v1/catalogue"): None,
    ("GET", "/v1/catalogue/<name>"): None,
    ("GET", "/v1/catalogue/<name>/v<int:major>/document"): None,
}
"""What a visitor is answered without having been written to first."""

CONDITIONAL = [key for key in ROWS if key[0] in {"PATCH", "PUT"} and not key[1].endswith("/document")]
reads = pytest.mark.parametrize("path", [path for method, path in ROWS if method == "GET"])
changes = pytest.mark.parametrize(("method", "path"), CONDITIONAL)


@pytest.fixture(scope="module")
def told(management):
    return management.test_client().get("/v1/openapi.json").json


def described(told, method, path, status):
    """What the document says of one answer, references followed; None if it says nothing of this status."""
    template = re.sub(r"<(?:int:)?(\w+)>", r"{\1}", as_routed(path))
    response = told["paths"][template][method.lower()]["responses"].get(str(status))
    if response and "$ref" in response:
        response = told["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return response


def agrees(told, reply, method, path):
    """That a reply has its status, its media type and its fields from the document: no less, and no more."""
    response = described(told, method, path, reply.status_code)
    assert response is not None, reply.status
    content = response.get("content", {})
    assert {reply.mimetype} <= set(content) if content else not reply.data
    fields = response["headers"]
    required = {name.lower() for name in fields if told["components"]["headers"][name]["required"]}
    sent = {name.lower() for name, _ in reply.headers} - UNSAID
    assert required <= sent <= {name.lower() for name in fields}
    return True


def owned(world, method, path):
    """The reply to whoever may use a route."""
    row = ROWS[method, path]
    prepare(world, row)
    return send(world, method, path, world.token(row.owner, *filter(None, (row.scope or P.READ_USAGE, row.also))))


@guarded
def test_an_answer_has_the_fields_that_the_document_says(world, told, method, path):
    reply = owned(world, method, path)

    assert reply.status_code < 300
    assert agrees(told, reply, method, path)


@pytest.mark.parametrize(("method", "path"), SIGNED_OUT, ids=lambda part: part)
def test_so_has_an_answer_to_a_visitor(world, told, method, path):
    place = path.replace("<name>", "holidays").replace("<int:major>", "1")
    body = SIGNED_OUT[method, path]

    reply = world.ask(method, place, json=body) if body else world.ask(method, place)

    assert reply.status_code < 300, reply.text
    assert agrees(told, reply, method, path)


def test_so_has_a_token_made_with_a_token(world, told):
    reply = world.ask("POST", "/v1/tokens", by="developer", json={"name": "t", "scopes": ["usage:read"]})

    assert reply.status_code == 201, reply.text
    assert agrees(told, reply, "POST", "/v1/tokens")


def test_so_has_the_same_document_again_which_makes_nothing(world, told):
    path = "/v1/versions/<version_id>/document"
    kept = [owned(world, "PUT", path) for _ in range(2)]

    assert [reply.status_code for reply in kept] == [201, 200]
    assert all(agrees(told, reply, "PUT", path) for reply in kept)


@reads
def test_whoever_has_it_already_is_told_so_as_described(world, told, path):
    again = world.ask("GET", address(world, path), by=ROWS["GET", path].owner, headers={"If-None-Match": "*"})

    assert again.status_code == 304
    assert agrees(told, again, "GET", path)


@guarded
@pytest.mark.parametrize("language", ["", "fr"])
def test_a_refusal_has_the_fields_that_the_document_says(world, told, method, path, language):
    headers = {"Accept-Language": language} if language else {}

    reply = world.ask(method, path.replace("<int:number>", "1"), headers=headers)

    assert reply.status_code == 401
    assert agrees(told, reply, method, path)


@guarded
def test_so_has_the_refusal_of_a_token_without_its_scope(world, told, method, path):
    reply = send(world, method, path, world.token(ROWS[method, path].owner, P.READ_USAGE))

    if reply.status_code >= 400:
        assert agrees(told, reply, method, path)


@changes
def test_a_change_without_its_condition_or_with_an_old_one_is_refused_as_described(world, told, method, path):
    row = ROWS[method, path]

    without, outdated = (
        world.ask(method, address(world, path), by=row.owner, json=row.body, headers=headers)
        for headers in ({}, {"If-Match": '"0-0000000000000000"'})
    )

    assert (without.status_code, outdated.status_code) == (428, 412)
    assert agrees(told, without, method, path)
    assert agrees(told, outdated, method, path)


@pytest.mark.parametrize(("method", "path"), [key for key, row in ROWS.items() if row.body], ids=lambda part: part)
def test_a_body_that_cannot_be_read_is_refused_as_described(world, told, method, path):
    row = ROWS[method, path]

    replies = [
        world.ask(method, address(world, path), by=row.owner, data=b"{", content_type=kind, headers={"If-Match": "*"})
        for kind in ("application/json", "text/plain")
    ]

    assert [reply.status_code for reply in replies] == [400, 415]
    assert all(agrees(told, reply, method, path) for reply in replies)


def test_too_many_tries_are_refused_as_described(world, told):
    guess = {"name": "t", "email": "developer@example.org", "password": "wrong", "scopes": ["usage:read"]}

    replies = [world.ask("POST", "/v1/tokens", json=guess) for _ in range(11)]

    assert replies[-1].status_code == 429
    assert replies[-1].headers["Retry-After"]
    assert agrees(told, replies[-1], "POST", "/v1/tokens")


def test_what_is_not_there_is_refused_as_described(world, told):
    reply = world.ask("GET", "/v1/apis/nothing", by="publisher")

    assert reply.status_code == 404
    assert agrees(told, reply, "GET", "/v1/apis/<api_id>")


def test_every_error_of_an_operation_is_a_problem_document(told):
    for component in told["components"]["responses"].values():
        assert list(component["content"]) == ["application/problem+json"]
    for item in told["paths"].values():
        for operation in (item[method] for method in item if method != "parameters"):
            errors = {status: said for status, said in operation["responses"].items() if status not in {"200", "201"}}
            assert all("$ref" in said for status, said in errors.items() if status not in {"202", "204", "304"})


def test_the_fields_and_the_parts_of_an_address_have_words_in_both_languages(told):
    parts = parts_of("/a/<api_id>/v<int:major>/<other_id>")

    assert [part["name"] for part in parts] == ["api_id", "major", "other_id"]
    for said in (*parts, *HEADERS.values()):
        assert said["description"] != said["x-description-fr"]
    for item in told["paths"].values():
        assert all("x-description-fr" in part for part in item.get("parameters", ()))


def test_every_route_for_visitors_is_asked_or_needs_a_message_first():
    needing = {("POST", "/v1/accounts/verify"), ("POST", "/v1/accounts/password"), ("POST", "/v1/tokens")}

    assert set(SIGNED_OUT) | needing == VISITORS - {("GET", "/v1/openapi.json")}
