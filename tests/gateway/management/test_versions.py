"""A version's document, plugins and life, by HTTP."""

import json

import pytest

from tests.fixtures.publishing import document

YAML = {"content_type": "application/yaml"}


@pytest.fixture
def draft(world):
    return f"/v1/versions/{world.id('draft v1')}"


def test_a_document_is_kept_byte_for_byte(world, draft):
    content = b"# by hand\r\n" + document(title="Fêtes").replace(b"\n", b"\r\n")

    put = world.ask("PUT", f"{draft}/document", by="publisher", data=content, **YAML)
    got = world.ask("GET", put.headers["Location"], by="publisher")

    assert put.status_code == 201, put.text
    assert (put.json["number"], put.json["document_title"]) == (2, "Fêtes")
    assert [(each["method"], each["path"]) for each in put.json["operations"]] == [
        ("GET", "/holidays"),
        ("GET", "/holidays/{id}"),
    ]
    assert got.data == content
    assert got.mimetype == "application/yaml"


def test_every_document_stays_readable_as_it_arrived_for_its_department(world, draft):
    first = world.ask("GET", f"{draft}/document", by="publisher")
    world.ask("PUT", f"{draft}/document", by="publisher", data=document(title="Second"), **YAML)

    again, second, none = (
        world.ask("GET", f"{draft}/revisions/{number}/document", by="publisher") for number in (1, 2, 3)
    )

    assert (again.data, second.data) == (first.data, document(title="Second"))
    assert again.mimetype == "application/yaml"
    assert none.status_code == 404


def test_an_upload_tells_what_the_document_says_of_the_api_as_a_change_of_the_api_takes_it(world, draft):
    put = world.ask("PUT", f"{draft}/document", by="publisher", data=document(title="Fêtes"), **YAML)
    api = f"/v1/apis/{world.get(draft, by='publisher')['api_id']}"

    changed = world.ask("PATCH", api, by="publisher", json=put.json["document_words"], headers={"If-Match": "*"})

    assert put.json["document_words"] == {"title_en": "Fêtes"}
    assert (changed.status_code, changed.json["title_en"]) == (200, "Fêtes")


def test_the_same_document_again_is_no_new_revision(world, draft):
    first = world.ask("PUT", f"{draft}/document", by="publisher", data=document(title="Twice"), **YAML)
    second = world.ask("PUT", f"{draft}/document", by="publisher", data=document(title="Twice"), **YAML)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert [each["number"] for each in world.get(f"{draft}/revisions", by="publisher")["items"]] == [1, 2]


def test_a_json_document_is_json_again(world, draft):
    content = json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "J", "version": "1"},
            "paths": {"/a": {"get": {"responses": {"200": {"description": "A"}}}}},
        }
    ).encode()

    world.ask("PUT", f"{draft}/document", by="publisher", data=content, content_type="application/json")

    assert world.ask("GET", f"{draft}/document", by="publisher").mimetype == "application/json"


@pytest.mark.parametrize(("language", "words"), [("en", "is required"), ("fr", "est obligatoire")])
def test_a_refused_document_changes_nothing_and_says_where_in_the_readers_language(world, draft, language, words):
    content = b"openapi: 3.1.0\ninfo:\n  title: T\npaths: {}\n"

    reply = world.ask(
        "PUT", f"{draft}/document", by="publisher", data=content, headers={"Accept-Language": language}, **YAML
    )

    assert (reply.status_code, reply.json["code"]) == (422, "document-refused")
    finding = next(each for each in reply.json["findings"] if each["pointer"].startswith("/info"))
    assert (finding["severity"], finding["line"]) == ("error", 2)
    assert isinstance(finding["message"], str)
    assert words in finding["message"]
    assert len(world.get(f"{draft}/revisions", by="publisher")["items"]) == 1


def test_without_a_language_a_finding_is_told_in_both(world, draft):
    reply = world.ask("PUT", f"{draft}/document", by="publisher", data=b"{", **YAML)

    assert set(reply.json["findings"][0]["message"]) == {"en", "fr"}


def test_a_check_keeps_nothing(world, draft):
    good = world.ask("POST", "/v1/documents/check", by="developer", data=document(), **YAML)
    bad = world.ask("POST", "/v1/documents/check", by="developer", data=b"openapi: 3.1.0\n", **YAML)

    assert (good.status_code, good.json["findings"], len(good.json["operations"])) == (200, [], 2)
    assert (bad.status_code, bad.json["operations"]) == (200, [])
    assert {"rule", "severity", "pointer", "line", "column", "message"} == set(bad.json["findings"][0])


def test_where_calls_go_is_for_the_department_alone(world):
    address = f"/v1/versions/{world.id('holidays v1')}"

    assert (
        world.get(address, by="publisher")["environments"][0]["targets"][0]["base_url"] == "https://holidays.example.ca"
    )
    assert "environments" not in world.get(address, by="stranger")
    assert world.ask("GET", f"{address}/document", by="publisher").data == document()
    offered = world.ask("GET", f"{address}/document", by="stranger")
    assert offered.data == world.ask("GET", "/v1/catalogue/holidays/v1/document").data != document()
    assert world.ask("GET", f"{address}/revisions", by="stranger").status_code == 404


@pytest.mark.parametrize(
    ("chosen", "status"),
    [({"request-size": {"max_bytes": 5}}, 200), ({}, 200), ({"nope": {}}, 422), ({"request-size": {"most": 5}}, 422)],
)
def test_plugins_are_chosen_with_settings_they_accept(world, draft, chosen, status):
    reply = world.ask(
        "PUT", f"{draft}/plugins", by="publisher", json={"plugins": chosen}, headers=world.tag(draft, by="publisher")
    )

    assert reply.status_code == status
    if status == 200:
        assert {each["name"]: each["config"] for each in reply.json["plugins"]} == chosen


def test_each_setting_that_a_plugin_does_not_accept_is_pointed_at(world, draft):
    chosen = {"request-size": {"max_bytes": -1}, "maintenance": {"x": 1}}

    reply = world.ask(
        "PUT",
        f"{draft}/plugins",
        by="publisher",
        json={"plugins": chosen},
        headers={"If-Match": "*", "Accept-Language": "fr"},
    )

    assert reply.json["code"] == "invalid"
    assert {each["pointer"]: each["message"] for each in reply.json["errors"]} == {
        "/plugins/request-size/max_bytes": "Valeur attendue\u00a0: un nombre entier, au moins 0.",
        "/plugins/maintenance/until": "Ce réglage est obligatoire.",
        "/plugins/maintenance/x": "Ce réglage n’existe pas.",
    }


def test_a_version_goes_from_draft_to_retired(world, draft):
    states = [
        world.ask("POST", f"{draft}/{step}", by="publisher").json["state"]
        for step in ("publish", "deprecate", "retire")
    ]
    back = world.ask("POST", f"{draft}/publish", by="publisher")

    assert states == ["published", "deprecated", "retired"]
    assert (back.status_code, back.json["code"]) == (409, "wrong-state")


def test_publishing_goes_back_to_an_older_document(world, draft):
    first = world.get(f"{draft}/revisions", by="publisher")["items"][0]["id"]
    second = world.ask("PUT", f"{draft}/document", by="publisher", data=document(title="Second"), **YAML).json["id"]

    latest = world.ask("POST", f"{draft}/publish", by="publisher").json["live_revision_id"]
    older = world.ask("POST", f"{draft}/publish", by="publisher", json={"revision_id": first}).json["live_revision_id"]

    assert (latest, older) == (second, first)


def test_what_is_missing_before_publishing_is_listed(world):
    made = world.ask(
        "POST",
        "/v1/apis",
        by="publisher",
        json={
            "organisation_id": world.id("heritage"), "name": "tides", "title_en": "T", "title_fr": "M",
            "description_en": "T", "description_fr": "M",
        },
    ).json  # fmt: skip

    reply = world.ask("POST", f"/v1/versions/{made['versions'][0]['id']}/publish", by="publisher")

    assert (reply.status_code, reply.json["code"]) == (409, "not-ready")
    assert reply.json["missing"] == ["document", "upstream", "plan"]


def test_what_is_missing_can_be_asked_for_before_publishing(world):
    body = {"organisation_id": world.id("heritage"), "name": "tides", "title_en": "T"}
    made = world.ask("POST", "/v1/apis", by="publisher", json=body).json
    version = made["versions"][0]["id"]

    missing = world.ask("GET", f"/v1/versions/{version}/missing", by="publisher", headers={"Accept-Language": "fr"})
    refused = world.ask("POST", f"/v1/versions/{version}/publish", by="publisher", json={})

    assert missing.status_code == 200
    assert [row["code"] for row in missing.json["items"]] == [
        "title_fr",
        "description_en",
        "description_fr",
        "document",
        "upstream",
        "plan",
    ]
    assert refused.status_code == 422
    assert {"code": "document", "words": "un document OpenAPI"} in missing.json["items"]


def test_the_next_version_comes_after_a_published_one(world):
    made = world.ask("POST", f"/v1/apis/{world.id('holidays')}/versions", by="publisher")
    early = world.ask("POST", f"/v1/apis/{world.id('draft')}/versions", by="publisher")

    assert (made.status_code, made.json["major"], made.json["state"]) == (201, 2, "draft")
    assert world.get(made.headers["Location"], by="publisher") == made.json
    assert early.status_code == 409
