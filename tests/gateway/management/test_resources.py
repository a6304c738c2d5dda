"""What every view can rely on: who asks is known, and what was sent may be looked at."""

import io

import pytest

import openapi
from gateway.management.resources import DOCUMENTS
from tests.fixtures.publishing import document


@pytest.mark.parametrize("kind", [*DOCUMENTS, "application/yaml; charset=utf-8"])
def test_a_document_arrives_under_each_of_its_media_types(world, kind):
    reply = world.ask("POST", "/v1/documents/check", by="developer", data=document(), content_type=kind)

    assert reply.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_document_under_any_other_is_refused(world, kind):
    reply = world.ask("POST", "/v1/documents/check", by="developer", data=document(), content_type=kind)

    assert (reply.status_code, reply.json["code"]) == (415, "media-type")


@pytest.mark.parametrize("announced", [True, False])
def test_a_document_over_10_mib_is_refused_whole(world, announced):
    # Good YAML wherever it is cut: were it cut in silence, a part would pass for the whole.
    content = document() + b"# \n" * (openapi.MAX_BYTES // 3)
    path, options = f"/v1/versions/{world.id('draft v1')}/document", {"content_type": "application/yaml"}

    if announced:
        reply = world.ask("PUT", path, by="publisher", data=content, **options)
    else:
        reply = world.ask(
            "PUT",
            path,
            by="publisher",
            input_stream=io.BytesIO(content),
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
            **options,
        )

    assert (reply.status_code, reply.json["code"]) == (413, "too-large")
    assert len(world.get(f"/v1/versions/{world.id('draft v1')}/revisions", by="publisher")["items"]) == 1


def test_a_chunked_document_is_taken_whole(world):
    content = document(title="Chunked")

    reply = world.ask(
        "PUT",
        f"/v1/versions/{world.id('draft v1')}/document",
        by="publisher",
        input_stream=io.BytesIO(content),
        content_type="application/yaml",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert (reply.status_code, reply.json["document_title"]) == (201, "Chunked")


@pytest.mark.parametrize(
    "path", ["/v1/apis/%00", "/v1/catalogue/a%0Ab", "/v1/plans/%E2%80%AE", "/v1/versions/x%00/document"]
)
def test_an_address_with_what_no_name_holds_leads_nowhere(world, path):
    assert world.ask("GET", path, by="operator").status_code == 404


def test_what_is_unknown_in_a_body_changes_nothing(world):
    body = {"name": "Renamed", "state": "active", "organisation_id": world.id("florist"), "version": 9}

    reply = world.ask(
        "PATCH", f"/v1/applications/{world.id('application')}", by="developer", json=body, headers={"If-Match": "*"}
    )

    assert reply.status_code == 422
    assert {fault["field"] for fault in reply.json["errors"]} == {"state", "organisation_id", "version"}
    assert world.get(f"/v1/applications/{world.id('application')}", by="developer")["name"] == "Ovens"


def test_nobody_guesses_the_type_of_an_answer(world):
    reply = world.ask("GET", "/v1/catalogue/holidays/v1/document")

    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Request-Id"].startswith("req_")
