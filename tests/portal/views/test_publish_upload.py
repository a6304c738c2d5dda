"""Bringing an OpenAPI document."""

from io import BytesIO

import pytest
from sqlalchemy import select

from gateway.domain.roles import Role
from gateway.store.catalogue import Revision
from openapi import MAX_BYTES
from portal.views.publish_upload import MOST_PASTED, MOST_READ
from tests.fixtures.publishing import described_api, document, organisation

PATHS = ["/en/publish/apis/holidays/v1/document", "/fr/publier/api/holidays/v1/document"]
FAULTY = document().replace(b"required: true", b"required: maybe")
WARNED = document() + b"security:\n  - nowhere: []\n"


@pytest.fixture
def heritage(sign_in, department, site, publisher):
    """A publisher's browser, and a draft."""
    with site.database.begin() as session:
        described_api(session, publisher, department)
    return sign_in({department: Role.PUBLISHER})


def revisions(site) -> list[Revision]:
    with site.database.read() as session:
        return list(session.scalars(select(Revision)))


def file(content: bytes, name: str = "holidays.yaml"):
    return {"document": (BytesIO(content), name)}


def send(browser, data, path: str = PATHS[0]):
    """Send the form; the test client leaves it to others to close what it made of a large one."""
    answer = browser.post(path, data)
    answer.request.environ["wsgi.input"].close()
    return answer


@pytest.mark.parametrize("path", PATHS)
def test_the_form_takes_a_file_or_a_text(heritage, path):
    page = heritage.get(path).text

    assert 'type="file"' in page
    assert "<textarea" in page
    assert 'enctype="multipart/form-data"' in page


@pytest.mark.parametrize("path", PATHS)
def test_a_good_file_becomes_a_revision_whose_operations_are_listed(site, heritage, path):
    answer = heritage.post(path, file(document()))
    page = heritage.get(answer.location).text

    assert answer.status_code == 303
    assert len(revisions(site)) == 1
    assert "/holidays/{id}" in page
    assert "One holiday" in page


def test_a_warning_stops_nothing_and_is_shown(site, heritage):
    answer = heritage.post(PATHS[0], file(WARNED))

    assert answer.status_code == 303
    page = heritage.get(answer.location).text
    assert "security-undeclared" in page
    assert "Read the warnings before you publish it." in page
    assert len(revisions(site)) == 1


def test_pasted_text_is_the_same_document_as_the_file(site, heritage):
    heritage.post(PATHS[0], file(document()))

    answer = heritage.post(PATHS[0], {"text": document().decode().replace("\n", "\r\n")})

    assert answer.status_code == 303
    assert len(revisions(site)) == 1


def test_the_file_is_used_where_both_are_given(site, heritage):
    answer = heritage.post(PATHS[0], {**file(document()), "text": "not a document"})

    assert answer.status_code == 303
    assert len(revisions(site)) == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [(PATHS[0], ("There is a problem", "The check found")), (PATHS[1], ("La vérification a relevé", "Endroit"))],
)
def test_a_faulty_document_changes_nothing_and_says_where(site, heritage, path, words):
    answer = heritage.post(path, file(FAULTY))

    assert answer.status_code == 422
    assert all(each in answer.text for each in words)
    assert answer.text.index('class="error-summary"') < answer.text.index("<table")
    assert "/paths/~1holidays~1{id}/parameters/0/required" in answer.text
    assert not revisions(site)


def test_pasted_text_is_still_there_to_be_corrected(heritage):
    answer = heritage.post(PATHS[0], {"text": FAULTY.decode()})

    assert answer.status_code == 422
    assert "required: maybe" in answer.text


@pytest.mark.parametrize(
    ("nothing", "words"),
    [
        ({}, "Choose a file, or paste the document."),
        ({"text": "  \n"}, "Choose a file, or paste the document."),
        ({"document": (BytesIO(b""), "empty.yaml")}, "The file is empty."),
    ],
)
def test_nothing_is_no_document(site, heritage, nothing, words):
    answer = heritage.post(PATHS[0], nothing)

    assert answer.status_code == 422
    assert words in answer.text
    assert "(optional)" not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_somewhat_too_large_is_told_so_beside_its_field(site, heritage, path):
    answer = send(heritage, file(b"#" * (MAX_BYTES + 1)), path)

    assert answer.status_code == 413
    assert 'id="document-error"' in answer.text
    assert not revisions(site)


def test_a_document_of_nearly_the_largest_size_may_be_pasted(site, heritage):
    answer = send(heritage, {"text": document().decode() + "# " + "x" * (MAX_BYTES - 10_000)})

    assert answer.status_code == 303
    assert len(revisions(site)) == 1


@pytest.mark.parametrize(
    "far_too_large",
    [
        {"text": "x" * (MOST_PASTED + 1)},
        {"text": "x" * (MOST_PASTED + 1), "document": (BytesIO(b"x"), "a.yaml")},
        {"document": (BytesIO(b"x" * MOST_READ), "a.yaml")},
    ],
    ids=["a plain form", "a text among parts", "a file"],
)
def test_what_is_far_too_large_gets_the_page_that_says_so(site, heritage, far_too_large):
    answer = send(heritage, far_too_large)

    assert answer.status_code == 413
    assert "<h1>That is too large</h1>" in answer.text


def test_no_other_form_takes_as_much(heritage):
    answer = heritage.post("/en/publish/new", {"name": "budget", "description_en": "#" * 300_000})

    assert answer.status_code == 413


def test_for_another_department_it_is_not_there(site, sign_in, heritage):
    outsider = sign_in({organisation(site.database, slug="finance"): Role.PUBLISHER})

    assert outsider.get(PATHS[0]).status_code == 404
    assert outsider.post(PATHS[0], file(document()), form_at="/en/publish/new").status_code == 404
    assert heritage.get("/en/publish/apis/holidays/v2/document").status_code == 404
    assert not revisions(site)
