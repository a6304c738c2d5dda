"""Every route × (nobody, a stranger, a token without the scope): made from the application's own table of routes.

A new route has no row here and fails until it has one, so nobody can add one without saying who may use it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
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
from tests.fixtures.publishing import document
from tests.gateway.management.world import World

VISITORS = {
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/accounts"),
    ("POST", "/v1/accounts/verify"),
    ("POST", "/v1/accounts/verification-mails"),
    ("POST", "/v1/accounts/password-mails"),
    ("POST", "/v1/accounts/password"),
    ("POST", "/v1/tokens"),
    ("GET", "/v1/departments"),
    ("GET", "/v1/catalogue"),
    ("GET", "/v1/catalogue/<name>"),
    ("GET", "/v1/catalogue/<name>/v<int:major>/document"),
}
"""What needs no token."""

REASON = {"reason": "to see"}


@dataclass(frozen=True)
class Row:
    """Who uses a route, with which scope (None: any token will do), and what a stranger is told."""

    owner: str
    scope: Permission | None
    stranger: int = 404
    body: Any = None
    document: bytes | None = None
    is_list: bool = False
    also: Permission | None = None
    before: tuple[tuple[str, str, str], ...] = ()


P = Permission
ANYBODY: dict[str, Any] = {"owner": "developer", "scope": None, "stranger": 200}
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/v1/account"): Row(**ANYBODY),
    ("GET", "/v1/plugins"): Row(**ANYBODY),
    ("POST", "/v1/documents/check"): Row(**ANYBODY, document=document()),
    ("GET", "/v1/organisations"): Row(**ANYBODY),
    # --- tokens: a stranger has their own
    ("GET", "/v1/tokens"): Row("developer", P.MANAGE_TOKENS, 200),
    ("GET", "/v1/tokens/<token_id>"): Row("developer", P.MANAGE_TOKENS),
    ("DELETE", "/v1/tokens/<token_id>"): Row("developer", P.MANAGE_TOKENS),
    ("GET", "/v1/account/sessions"): Row("developer", P.MANAGE_TOKENS, 200),
    ("DELETE", "/v1/account/sessions/<session_id>"): Row("developer", P.MANAGE_TOKENS),
    # --- organisations
    ("POST", "/v1/departments"): Row(
        "operator", P.CREATE_DEPARTMENT, 403, {"slug": "parks", "name_en": "Parks", "name_fr": "Parcs"}
    ),
    ("GET", "/v1/organisations/<organisation_id>"): Row("developer", P.READ_ORGANISATION),
    ("PATCH", "/v1/organisations/<organisation_id>"): Row(
        "developer", P.EDIT_ORGANISATION, body={"name_en": "B", "name_fr": "B"}
    ),
    ("GET", "/v1/organisations/<organisation_id>/members"): Row("developer", P.READ_ORGANISATION),
    ("POST", "/v1/organisations/<organisation_id>/members"): Row(
        "developer", P.EDIT_ORGANISATION, body={"email": "stranger@example.org", "role": "developer"}
    ),
    ("DELETE", "/v1/organisations/<organisation_id>/members/<membership_id>"): Row(
        "developer", P.EDIT_ORGANISATION, also=P.READ_ORGANISATION
    ),
    ("GET", "/v1/organisations/<department_id>/audit"): Row("publisher", P.READ_AUDIT),
    ("GET", "/v1/audit"): Row("operator", P.READ_AUDIT),
    # --- APIs
    ("GET", "/v1/apis"): Row("publisher", P.READ_DRAFTS, 200, is_list=True),
    ("POST", "/v1/apis"): Row(
        "publisher", P.EDIT_API, body={"organisation_id": "id of heritage", "name": "new-api", "title_en": "New"}
    ),
    ("GET", "/v1/apis/<api_id>"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/apis/<api_id>"): Row("publisher", P.EDIT_API, body={"title_en": "Newer"}),
    ("GET", "/v1/apis/<api_id>/plans"): Row("publisher", P.READ_DRAFTS),
    ("POST", "/v1/apis/<api_id>/plans"): Row(
        "publisher",
        P.EDIT_API,
        body={"code": "more", "name_en": "M", "name_fr": "M", "windows": [{"period": "day", "limit": 5}]},
    ),
    ("GET", "/v1/apis/<api_id>/subscriptions"): Row("publisher", P.READ_USAGE),
    ("GET", "/v1/apis/<api_id>/usage"): Row("publisher", P.READ_USAGE),
    ("GET", "/v1/apis/<api_id>/usage.csv"): Row("publisher", P.READ_USAGE),
    ("POST", "/v1/apis/<published_id>/versions"): Row("publisher", P.EDIT_API),
    ("GET", "/v1/apis/<api_id>/limits"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/apis/<api_id>/limits"): Row("publisher", P.EDIT_API, body={"caps": [{"period": "day", "limit": 5}]}),
    ("POST", "/v1/subscriptions/<subscription_id>/limits"): Row(
        "publisher", P.EDIT_API, body={"windows": [], "reason": "to see"}
    ),
    ("GET", "/v1/plans/<plan_id>"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/plans/<plan_id>"): Row("publisher", P.EDIT_API, body={"name_en": "Newer"}),
    ("POST", "/v1/plans/<plan_id>/close"): Row("publisher", P.EDIT_API),
    # --- versions
    ("GET", "/v1/versions/<version_id>"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/revisions"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/revisions/<int:number>/document"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/document"): Row("publisher", P.READ_DRAFTS),
    ("PUT", "/v1/versions/<version_id>/document"): Row("publisher", P.EDIT_API, document=document(title="Newer")),
    ("GET", "/v1/versions/<version_id>/upstream"): Row("publisher", P.READ_DRAFTS),
    ("PUT", "/v1/versions/<version_id>/upstream"): Row(
        "publisher", P.EDIT_API, body={"targets": [{"base_url": "https://new.example.ca"}]}
    ),
    ("POST", "/v1/versions/<version_id>/upstream/proof"): Row("publisher", P.EDIT_API),
    ("DELETE", "/v1/versions/<version_id>/upstream/proof"): Row(
        "publisher", P.EDIT_API, before=(("publisher", "POST", "/v1/versions/<version_id>/upstream/proof"),)
    ),
    ("PUT", "/v1/versions/<version_id>/plugins"): Row("publisher", P.EDIT_API, body={"plugins": {"request-size": {}}}),
    ("GET", "/v1/versions/<version_id>/missing"): Row("publisher", P.READ_DRAFTS),
    ("POST", "/v1/versions/<version_id>/publish"): Row("publisher", P.PUBLISH_API),
    ("POST", "/v1/versions/<served_id>/deprecate"): Row("publisher", P.PUBLISH_API),
    ("POST", "/v1/versions/<served_id>/retire"): Row(
        "publisher", P.PUBLISH_API, before=(("publisher", "POST", "/v1/versions/<served_id>/deprecate"),)
    ),
    # --- applications
    ("GET", "/v1/applications"): Row("developer", P.READ_APPLICATION, 200, is_list=True),
    ("POST", "/v1/applications"): Row(
        "developer", P.EDIT_APPLICATION, body={"organisation_id": "id of bakery", "name": "New"}
    ),
    ("GET", "/v1/applications/<application_id>"): Row("developer", P.READ_APPLICATION),
    ("PATCH", "/v1/applications/<application_id>"): Row("developer", P.EDIT_APPLICATION, body={"name": "Newer"}),
    ("POST", "/v1/applications/<application_id>/suspend"): Row("operator", P.SUSPEND_APPLICATION, body=REASON),
    ("POST", "/v1/applications/<application_id>/resume"): Row(
        "operator",
        P.SUSPEND_APPLICATION,
        body=REASON,
        before=(("operator", "POST", "/v1/applications/<application_id>/suspend"),),
    ),
    ("POST", "/v1/applications/<application_id>/close"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/applications/<application_id>/credentials"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/applications/<application_id>/credentials"): Row(
        "developer", P.EDIT_APPLICATION, body={"name": "second"}
    ),
    ("DELETE", "/v1/credentials/<credential_id>"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/applications/<application_id>/usage"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/usage.csv"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/left"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/calls"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/calls.csv"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/calls/<request_id>"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/usage"): Row("operator", P.READ_USAGE),
    # --- subscriptions
    ("GET", "/v1/applications/<application_id>/subscriptions"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/applications/<application_id>/subscriptions"): Row(
        "developer", P.SUBSCRIBE, body={"api_id": "id of holidays", "plan_id": "id of holidays plan"}
    ),
    ("GET", "/v1/subscriptions/<subscription_id>"): Row("developer", P.READ_APPLICATION),
    ("DELETE", "/v1/subscriptions/<subscription_id>"): Row("developer", P.SUBSCRIBE),
    ("POST", "/v1/subscriptions/<subscription_id>/change-plan"): Row(
        "developer", P.SUBSCRIBE, body={"plan_id": "id of larger plan"}
    ),
    ("POST", "/v1/subscriptions/<subscription_id>/suspend"): Row("publisher", P.REVOKE_SUBSCRIPTION, body=REASON),
    ("POST", "/v1/subscriptions/<subscription_id>/resume"): Row(
        "publisher",
        P.REVOKE_SUBSCRIPTION,
        body=REASON,
        before=(("publisher", "POST", "/v1/subscriptions/<subscription_id>/suspend"),),
    ),
    ("POST", "/v1/subscriptions/<subscription_id>/revoke"): Row("publisher", P.REVOKE_SUBSCRIPTION, body=REASON),
}

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
}
"""What stands for each part of an address: somebody's, and not the stranger's."""

SAME = {"<department_id>": "<organisation_id>", "<published_id>": "<api_id>", "<served_id>": "<version_id>"}
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
    options: dict[str, Any] = {"headers": {"If-Match": "*"}} if method in {"PATCH", "PUT"} else {}
    if row.document is not None:
        options |= {"data": row.document, "content_type": "application/yaml"}
    elif row.body is not None:
        options["json"] = {key: _with_id(world, value) for key, value in row.body.items()}
    return world.ask(method, address(world, path), token=token, **options)


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
