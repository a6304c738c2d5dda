"""What everybody may read, without a token."""

import pytest
import yaml


def test_words_find_a_published_api_in_either_language(world):
    for words in ("holidays", "FERIES", "congés", "province heritage"):
        found = world.get(f"/v1/catalogue?q={words}")
        assert [each["name"] for each in found["items"]] == ["holidays"], words
    assert world.get("/v1/catalogue?q=secret")["items"] == []


def test_a_department_narrows_the_search(world):
    assert world.get("/v1/catalogue?department=heritage")["total"] == 1
    assert world.get("/v1/catalogue?department=transport")["total"] == 0


def test_a_published_api_is_shown_with_what_one_needs_to_subscribe(world):
    shown = world.get("/v1/catalogue/holidays")

    assert (shown["api"]["department"], shown["api"]["title_fr"]) == ("heritage", "Jours fériés")
    assert [(each["major"], each["state"]) for each in shown["versions"]] == [(1, "published")]
    assert {each["id"] for each in shown["plans"]} == {world.id("holidays plan"), world.id("larger plan")}
    assert all(scope.startswith("holidays") for scope in shown["scopes"])
    assert "example.ca" not in str(shown)


def test_the_document_in_force_leads_to_the_gateway(world):
    reply = world.ask("GET", "/v1/catalogue/holidays/v1/document")

    (server,) = yaml.safe_load(reply.data)["servers"]
    assert server["url"].endswith("/api/holidays/v1")
    assert reply.mimetype == "application/yaml"


def test_a_draft_is_not_there(world):
    for path in ("secret-plans", "secret-plans/v1/document", "holidays/v2/document", f"holidays/v{10**30}/document"):
        assert world.ask("GET", f"/v1/catalogue/{path}", by="publisher").status_code == 404


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_document_comes_in_the_form_that_is_asked_for(world, form):
    told = world.ask("GET", f"/v1/catalogue/holidays/v1/document?form={form}")

    assert told.mimetype == f"application/{form}"
    assert world.ask("GET", "/v1/catalogue/holidays/v1/document?form=xml").status_code == 422
