import json

import pytest

import openapi
from demo.ferries import CROSSINGS, ROUTES
from demo.service import BAD_REQUEST, NOT_FOUND, answer
from tests.house.sources import ROOT

NOTES = f"/crossings/{CROSSINGS[0]['id']}/notes"


def test_crossings_are_listed_by_port():
    told = answer(ROUTES, "GET", "/crossings?from=levis", b"")[1]

    assert {crossing["from"] for crossing in told["crossings"]} == {"levis"}


def test_a_note_is_kept_and_told_back():
    assert answer(ROUTES, "POST", NOTES, json.dumps({"subject": "bicycle"}).encode()) == (201, {"subject": "bicycle"})


@pytest.mark.parametrize("body", [{}, {"subject": "elephant"}, [], "bicycle"])
def test_a_note_about_nothing_known_is_refused(body):
    assert answer(ROUTES, "POST", NOTES, json.dumps(body).encode()) == BAD_REQUEST


def test_an_unknown_crossing_takes_no_notes():
    assert answer(ROUTES, "POST", "/crossings/nowhere/notes", b'{"subject": "bicycle"}') == NOT_FOUND


def test_the_service_answers_exactly_what_its_document_declares():
    document = openapi.check((ROOT / "demo/documents/ferries.yaml").read_bytes()).document

    assert document
    assert sorted(each.method.upper() for each in openapi.operations(document)) == sorted(m for m, _ in ROUTES)
