"""Two people change the same thing at once."""

import re

import pytest

from gateway.domain.plans import Window
from gateway.domain.roles import Role
from gateway.services import apis, plans
from tests.fixtures.publishing import described_api, standard_plan

VERSION = re.compile(r'<input id="version" name="version" type="hidden" value="(\d+)">')


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def api(site, publisher, department):
    """A draft that somebody is about to change."""
    with site.database.begin() as session:
        return described_api(session, publisher, department)


def version_in(page: str) -> str:
    """The version that a form says its reader has read."""
    return str(VERSION.findall(page)[0])


def stale_save(site, heritage, publisher, api, path: str):
    """Read the form, let a colleague save first, then send what was typed."""
    page = heritage.get(path).text
    with site.database.begin() as session:
        apis.update_api(session, publisher, api.id, title_en="Bank <holidays>")
    return heritage.post(
        path,
        {
            "version": version_in(page),
            "title_en": "Statutory holidays",
            "title_fr": api.title_fr,
            "description_en": api.description_en,
            "description_fr": "Les congés\r\nfériés.",
        },
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/en/publish/apis/{}/edit", ("Somebody changed this while you were writing", "Saved now:")),
        ("/fr/publier/api/{}/modifier", ("Quelqu’un a modifié cette fiche pendant que vous écriviez", "Enregistré")),
    ],
)
def test_who_saves_second_reads_what_happened_and_what_is_saved_now(site, heritage, publisher, api, path, words):
    answer = stale_save(site, heritage, publisher, api, path.format(api.name))

    assert answer.status_code == 422
    assert all(each in answer.text for each in words)
    assert "<span>Bank &lt;holidays&gt;</span>" in answer.text
    assert 'value="Statutory holidays"' in answer.text
    # Beside what agrees, nothing is said.
    assert 'id="title_en-now"' in answer.text
    assert 'id="title_fr-now"' not in answer.text


def test_saving_again_after_seeing_it_puts_the_second_ones_words_in_place(site, heritage, publisher, api):
    path = f"/en/publish/apis/{api.name}/edit"
    seen = stale_save(site, heritage, publisher, api, path).text

    again = heritage.post(
        path, {"version": version_in(seen), "title_en": "Statutory holidays", "title_fr": "Jours fériés"}
    )

    assert again.status_code == 303
    assert "Statutory holidays" in heritage.get(f"/en/publish/apis/{api.name}").text


def test_a_limit_and_a_box_say_what_they_are_now_too(site, heritage, publisher, api):
    with site.database.begin() as session:
        plan = standard_plan(session, publisher, api)
    path = f"/en/publish/apis/{api.name}/plans/{plan.id}"
    page = heritage.get(path).text
    with site.database.begin() as session:
        plans.update_plan(session, publisher, plan.id, windows=[Window("minute", 90)], allows_api_key=True)

    answer = heritage.post(
        path, {"version": version_in(page), "name_en": "Open", "name_fr": "Ouvert", "per_minute": "7"}
    )

    assert answer.status_code == 422
    assert 'id="per_minute-now"' in answer.text
    assert "<span>ticked</span>" in answer.text
