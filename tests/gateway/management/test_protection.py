"""Every route × (nobody, a stranger, a token without the scope): made from the application's own table of routes.

A new route has no row here and fails until it has one, so nobody can add one without saying who may use it.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from gateway.domain.roles import PERMISSIONS, Permission, Role
from gateway.management import api
from gateway.services import sessions
from gateway.services.actor import utc_now
from gateway.services.sessions import SignedIn
from gateway.store.accounts import Account
from tests.fixtures.consuming import finished
from tests.gateway.management.who_may import ROWS, VISITORS, P, Row
from tests.gateway.management.world import World

PARTS = {
    "<organisation_id>": "bakery",
    "<department_id>": "heritage",
    "<membership_id>": "membership of colleague",
    "<api_id>": "draft",
    "<published_id>": "holidays",
    "<version_id>": "draft v1",
    "<served_id>": "holidays v1",
    "<plan_id>": "draft plan",
    "<application_id>": "application",
    "<credential_id>": "credential",
    "<subscription_id>": "subscription",
    "<webhook_id>": "webhook",
    "<off_id>": "webhook that is off",
    "<message_id>": "message",
}
"""What stands for each part of an address: somebody's, and not the stranger's."""

SAME = {
    "<department_id>": "<organisation_id>",
    "<published_id>": "<api_id>",
    "<served_id>": "<version_id>",
    "<off_id>": "<webhook_id>",
}
"""Parts that are called otherwise here than in the table of routes, to name another thing."""


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method of every address below /v1/."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


def as_routed(path: str) -> str:
    for ours, theirs in SAME.items():
        path = path.replace(ours, theirs)
    return path


def send(world: World, method: str, path: str, token: str) -> Any:
    """A request that is right in all but, perhaps, who sends it."""
    row = ROWS[method, path]
    options: dict[str, Any] = {"headers": {"If-Match": "*"}} if _is_conditional(method, path) else {}
    if row.document is not None:
        options |= {"data": row.document, "content_type": "application/yaml"}
    elif row.body is not None:
        options["json"] = {key: _with_id(world, value) for key, value in row.body.items()}
    return world.ask(method, address(world, path), token=token, **options)


def _is_conditional(method: str, path: str) -> bool:
    return method in {"PATCH", "PUT"} or (method == "POST" and path.endswith(("_id>/limits", "/limits/reset")))


def _with_id(world: World, value: Any) -> Any:
    return world.id(value.removeprefix("id of ")) if str(value).startswith("id of ") else value


def address(world: World, path: str) -> str:
    for part, name in PARTS.items():
        path = path.replace(part, world.id(name))
    path = path.replace("<int:number>", "1")
    if "<token_id>" in path:
        path = path.replace("<token_id>", world.get("/v1/tokens", by="developer")["items"][-1]["id"])
    if "<request_id>" in path:
        path = path.replace("<request_id>", a_call(world))
    if "<session_id>" in path:
        path = path.replace("<session_id>", a_session(world).sign_in.id)
    return path


def a_session(world: World) -> SignedIn:
    """The developer, signed in to the portal."""
    with world.database.begin() as session:
        account = session.get_one(Account, world.id("developer"))
        return sessions.open_session(session, account, browser="test", now=utc_now())


def a_call(world: World) -> str:
    """A call of the application that is counted already."""
    made = finished(application_id=world.id("application"), api_id=world.id("holidays"), received_at=time.time())
    world.recorder.record(made)
    return made.event.request_id


def prepare(world: World, row: Row) -> None:
    for who, method, path in row.before:
        assert send(world, method, path, world.built.tokens[who]).status_code in {200, 201}


def all_scopes_but(row: Row) -> list[Permission]:
    role = {"developer": Role.DEVELOPER, "publisher": Role.PUBLISHER, "operator": Role.OPERATOR}[row.owner]
    return sorted(PERMISSIONS[role] - {row.scope})


guarded = pytest.mark.parametrize(("method", "path"), ROWS, ids=lambda part: part)
scoped = pytest.mark.parametrize(
    ("method", "path"), [key for key, row in ROWS.items() if row.scope], ids=lambda part: part
)


def test_every_route_says_here_who_may_use_it(management):
    known = VISITORS | {(method, as_routed(path)) for method, path in ROWS}

    assert set(routes(management)) == known


def test_every_resource_lets_nobody_in_by_default(world):
    guard = {step.__name__ for each in api.RESOURCES for step in each.blueprint.before_request_funcs[None]}

    assert guard == {"_prepare"}


@guarded
def test_nobody_is_let_in_without_a_token(world, method, path):
    reply = send(world, method, path, "")

    assert reply.status_code == 401
    assert reply.mimetype == "application/problem+json"
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="http://guichet.test/v1"'


@guarded
def test_a_token_that_never_was_is_refused(world, method, path):
    reply = send(world, method, path, "gct_" + "0" * 49)

    assert reply.status_code == 401
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


@guarded
def test_to_a_stranger_it_does_not_exist(world, method, path):
    row = ROWS[method, path]
    prepare(world, row)

    reply = send(world, method, path, world.built.tokens["stranger"])

    assert reply.status_code == row.stranger, reply.text
    if row.stranger == 200:
        assert "Ovens" not in reply.text
        assert "secret-plans" not in reply.text


@guarded
@pytest.mark.parametrize("organisation", ["florist", "transport"])
def test_to_a_pipeline_of_another_organisation_it_does_not_exist(world, method, path, organisation):
    row = ROWS[method, path]
    prepare(world, row)

    reply = send(world, method, path, world.pipeline("stranger", organisation))

    told = {row.stranger} if row.stranger != 200 else {200, 404}  # a pipeline has no account of its own
    assert reply.status_code in told, reply.text
    assert "Ovens" not in reply.text
    assert "secret-plans" not in reply.text


@scoped
def test_a_token_without_the_scope_is_told_so(world, method, path):
    row = ROWS[method, path]
    prepare(world, row)

    reply = send(world, method, path, world.token(row.owner, *all_scopes_but(row)))

    if row.is_list:
        assert (reply.status_code, reply.json["items"]) == (200, [])
    else:
        assert (reply.status_code, reply.json["code"]) == (403, "token-scope"), reply.text
        assert 'error="insufficient_scope"' in reply.headers["WWW-Authenticate"]


@guarded
def test_the_scope_alone_is_enough(world, method, path):
    row = ROWS[method, path]
    prepare(world, row)

    reply = send(world, method, path, world.token(row.owner, *filter(None, (row.scope or P.READ_USAGE, row.also))))

    assert reply.status_code < 300, reply.text


@pytest.mark.parametrize(("method", "path"), sorted(VISITORS - {("GET", "/v1/openapi.json")}))
def test_a_bad_token_is_refused_even_where_none_is_needed(world, method, path):
    reply = world.ask(method, path.replace("<int:major>", "1"), token="gct_wrong")

    assert reply.status_code == 401


@pytest.mark.parametrize(("method", "path"), sorted(VISITORS - {("GET", "/v1/openapi.json")}))
def test_a_visitor_is_let_in_where_the_table_says_so(world, method, path):
    reply = world.ask(method, path.replace("<name>", "holidays").replace("<int:major>", "1"))

    # What is sent is empty: the schema finds that, after the door.
    assert reply.status_code == (200 if method == "GET" else 422)


def test_no_cookie_is_honoured(world):
    client = world.app.test_client()
    for name in ("guichet", "session", "token"):
        client.set_cookie(name, world.built.tokens["developer"], domain="localhost")

    assert client.get("/v1/account").status_code == 401


def test_a_methods_question_is_answered_without_a_token(world):
    reply = world.ask("OPTIONS", "/v1/apis")

    assert reply.status_code == 200
    assert set(reply.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
