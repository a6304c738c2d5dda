"""When something is wrong, people get a page and programs do not."""

import pytest
from flask import abort

from gateway.domain.errors import FORBIDDEN, STALE, DomainError

FAULTS = {
    "/en/broken": RuntimeError("planted"),
    "/en/forbidden": DomainError(FORBIDDEN),
    "/fr/stale": DomainError(STALE),
    "/v1/broken": None,
}


@pytest.fixture
def client(site):
    def fail(fault):
        def view():
            if fault is None:
                abort(418)
            raise fault

        return view

    for path, fault in FAULTS.items():
        site.app.add_url_rule(path, endpoint=path.replace("/", "-"), view_func=fail(fault))
    return site.app.test_client()


def test_an_address_that_leads_nowhere_gets_a_page_in_its_language(client):
    answer = client.get("/fr/nulle-part")

    assert answer.status_code == 404
    assert '<html lang="fr">' in answer.text
    assert "Il n’y a aucune page ici" in answer.text


def test_who_says_no_language_is_told_in_both(client):
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "There is no page here" in answer.text
    assert '<section lang="fr"' in answer.text
    assert "Il n’y a aucune page ici" in answer.text
    assert "other-language" not in client.get("/nowhere", headers={"Accept-Language": "fr"}).text


def test_a_bug_gets_a_page_with_a_number_and_no_trace(client):
    answer = client.get("/en/broken")

    assert answer.status_code == 500
    assert "req_" in answer.text
    assert "planted" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("path", "status"), [("/en/forbidden", 403), ("/fr/stale", 412)])
def test_what_a_service_refuses_keeps_its_status(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_button_without_our_token_is_refused_with_a_page(visitor):
    answer = visitor.client.post("/fr/deconnexion")

    assert answer.status_code == 400
    assert '<html lang="fr">' in answer.text


def test_a_method_that_a_page_does_not_take_is_told_which_it_does(visitor):
    answer = visitor.client.delete("/en/apis")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_programs_get_no_page(client):
    answer = client.get("/v1/broken")

    assert answer.status_code == 418
    assert "masthead" not in answer.text
