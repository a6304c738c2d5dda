"""What a document says of its API, where its publisher has not said it."""

import json

import pytest

from gateway.services import document_words, versions
from tests.fixtures.publishing import described_api
from tests.openapi.samples import a_tree

SAID = {
    "title_en": "Holidays",
    "title_fr": "Congés",
    "description_en": "Days off.\nAll of them.",
    "description_fr": "Les jours de congé.",
}
INFO = {
    "title": " Holidays ",
    "x-title-fr": "Congés",
    "description": "Days off.\r\nAll of them.",
    "x-description-fr": "Les jours de congé.",
}


def uploaded(session, publisher, api, **info):
    content = json.dumps(a_tree(info={"version": "1", **info})).encode()
    return versions.upload_document(session, publisher, api.versions[-1].id, content=content)


def test_its_titles_and_descriptions_are_read_as_an_api_keeps_them(database, publisher, department):
    with database.begin() as session:
        api = described_api(session, publisher, department)

        assert document_words.words_said(uploaded(session, publisher, api, **INFO)) == SAID


def test_only_what_is_not_written_yet_is_offered(database, publisher, department):
    with database.begin() as session:
        api = described_api(session, publisher, department, title_fr="", description_en="")
        assert document_words.words_offered(session, api) == {}
        uploaded(session, publisher, api, **INFO)

        offered = document_words.words_offered(session, api)

    assert offered == {key: SAID[key] for key in ("title_fr", "description_en")}


@pytest.mark.parametrize("title", ["x" * 201, "two\nlines", "\u202e"])
def test_what_an_api_could_not_have_is_not_offered(database, publisher, department, title):
    with database.begin() as session:
        api = described_api(session, publisher, department)

        said = document_words.words_said(uploaded(session, publisher, api, **(INFO | {"title": title})))

    assert said == {key: text for key, text in SAID.items() if key != "title_en"}
