"""The document as the catalogue offers it."""

import json

import pytest

import openapi
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.services import catalogue, offered_documents, plans, publishing
from tests.fixtures.publishing import (
    INSIDE,
    described_api,
    document,
    document_with_servers,
    keyless_plan,
    ready_version,
)

PUBLIC = "https://store.example.ca"


@pytest.fixture
def holidays(database, publisher, department):
    """An API whose department wrote down its own servers."""
    with database.begin() as session:
        api = described_api(session, publisher, department)
        version = ready_version(session, publisher, api, content=document_with_servers())
        publishing.publish(session, publisher, version.id)
        return api


def offered(database, form=None, public_url=PUBLIC):
    with database.read() as session:
        return offered_documents.offered(session, "holidays", 1, public_url=public_url, form=form)


def tree_of(database):
    return json.loads(offered(database, "json").content)


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("form", ["yaml", "json", None])
def test_it_is_good_and_names_nothing_but_the_gateway(database, form):
    copy = offered(database, form)

    checked = openapi.check(copy.content)
    assert copy.format == (form or "yaml")
    assert checked.findings == ()
    assert checked.document
    assert checked.document.tree["servers"] == [{"url": f"{PUBLIC}/api/holidays/v1"}]
    assert INSIDE.encode() not in copy.content


@pytest.mark.usefixtures("holidays")
def test_each_operation_asks_for_an_access_token_with_its_scope(database):
    tree = tree_of(database)

    flow = tree["components"]["securitySchemes"]["accessToken"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == f"{PUBLIC}/oauth/token"
    assert list(flow["scopes"]) == ["holidays:read", "holidays:write"]
    assert tree["paths"]["/holidays"]["get"]["security"] == [{"accessToken": ["holidays:read"]}]


@pytest.mark.usefixtures("holidays")
def test_an_api_key_is_another_way_where_a_plan_takes_one(database, publisher):
    without = tree_of(database)["components"]["securitySchemes"]
    with database.begin() as session:
        (plan,) = catalogue.published(session, "holidays").plans
        plans.update_plan(session, publisher, plan.id, allows_api_key=True)

    tree = tree_of(database)

    assert "apiKey" not in without
    key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert tree["components"]["securitySchemes"]["apiKey"] == key
    assert {"apiKey": []} in tree["paths"]["/holidays"]["get"]["security"]


@pytest.mark.usefixtures("holidays")
def test_another_text_has_another_mark(database):
    marks = {
        offered(database, "yaml").etag,
        offered(database, "json").etag,
        offered(database, "yaml", "https://elsewhere.ca").etag,
    }

    assert len(marks) == 3
    assert offered(database, "yaml").etag in marks


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize("form", ["txt", "html"])
def test_there_is_no_other_form(database, form):
    with pytest.raises(DomainError) as caught:
        offered(database, form)

    assert caught.value.kind is NOT_FOUND


def test_a_document_without_servers_of_its_own_needs_no_word():
    assert offered_documents.told_to_publishers(openapi.check(document()).document) == ()
    assert offered_documents.told_to_publishers(None) == ()


def test_who_only_reads_needs_no_token_where_a_plan_needs_no_key(database, publisher, holidays):
    asked = tree_of(database)["paths"]["/holidays"]["get"]["security"]
    with database.begin() as session:
        keyless_plan(session, publisher, holidays)

    assert {} not in asked
    assert tree_of(database)["paths"]["/holidays"]["get"]["security"] == [*asked, {}]


def test_who_writes_needs_one_all_the_same(database, publisher, department):
    content = document().replace(b"  /holidays:\n    get:", b"  /holidays:\n    post:")
    with database.begin() as session:
        api = described_api(session, publisher, department)
        publishing.publish(session, publisher, ready_version(session, publisher, api, content=content).id)
        keyless_plan(session, publisher, api)

    paths = tree_of(database)["paths"]
    assert paths["/holidays"]["post"]["security"] == [{"accessToken": ["holidays:write"]}]
    assert {} in paths["/holidays/{id}"]["get"]["security"]
