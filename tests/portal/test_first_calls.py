"""A first call, filled in for one application."""

import pytest

from portal.first_calls import FirstCall, first_call, glimpse_of, never_kept


@pytest.fixture
def lines(site):
    def of(path: str = "/en/", name: str = "holidays", **given: str) -> FirstCall:
        with site.app.test_request_context(path), site.database.read() as session:
            return first_call(session, name, 1, client_id="app_1", **given)

    return of


@pytest.mark.usefixtures("holidays")
def test_what_is_known_is_filled_in(lines):
    made = lines(secret="gcs_1", key="gck_1")

    assert "app_1:gcs_1" in made.by_token
    assert "scope=holidays:read" in made.by_token
    assert made.by_token.endswith("http://guichet.test/api/holidays/v1/holidays\n")
    assert "X-API-Key: gck_1" in made.by_key


@pytest.mark.usefixtures("holidays")
@pytest.mark.parametrize(
    ("path", "words"), [("/en/", ("YOUR_SECRET", "YOUR_API_KEY")), ("/fr/", ("VOTRE_SECRET", "VOTRE_CLE_API"))]
)
def test_what_is_not_known_is_said_in_capitals(lines, path, words):
    made = lines(path)

    assert words[0] in made.by_token
    assert words[1] in made.by_key


@pytest.mark.usefixtures("holidays")
def test_a_glimpse_shows_a_call_and_how_its_answer_begins(site):
    with site.app.test_request_context("/en/"), site.database.read() as session:
        call, answer = glimpse_of(session, "holidays", 1).split("\n\n")

    assert call.endswith("http://guichet.test/api/holidays/v1/holidays")
    assert answer.startswith("HTTP/1.1 200 OK")


def test_a_page_with_a_secret_is_kept_by_nobody(site):
    with site.app.test_request_context("/en/"):
        assert never_kept("a page").headers["Cache-Control"] == "no-store"
