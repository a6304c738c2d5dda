from dataclasses import replace

import pytest

from gateway.counters.redis import ledger_at
from gateway.domain.roles import OrganisationKind, Role
from tests.fixtures.publishing import organisation
from tests.waiting import eventually

PAGE, PAGE_FR = "/en/operate/ledger", "/fr/exploiter/registre"


@pytest.fixture
def odile(site, sign_in):
    """An operator's browser."""
    office = organisation(
        site.database, kind=OrganisationKind.OPERATOR, slug="office", name_en="Office", name_fr="Bureau"
    )
    return sign_in({office: Role.OPERATOR}, name="Odile Exploitante")


@pytest.mark.parametrize(
    ("path", "words"), [(PAGE, ("It answers", "ledger.db")), (PAGE_FR, ("Il répond", "ledger.db"))]
)
def test_the_page_tells_where_the_ledger_is_and_that_it_answers(odile, path, words):
    page = odile.get(path).text

    assert all(word in page for word in words)


@pytest.mark.parametrize(("path", "words"), [(PAGE, "It does not answer"), (PAGE_FR, "Il ne répond pas")])
def test_the_page_tells_that_the_ledger_does_not_answer(odile, tmp_path, path, words):
    (tmp_path / "ledger.db").mkdir()

    assert words in odile.get(path).text


@pytest.mark.usefixtures("holidays")
def test_one_that_machines_share_is_told_with_what_plans_do_without_it(site, odile, own_valkey, monkeypatch):
    ledger = ledger_at(own_valkey.url, lambda _key, bounds: [0] * len(bounds))
    monkeypatch.setitem(site.app.extensions, "guichet", replace(site.house, ledger=ledger))
    well = odile.get(PAGE).text
    own_valkey.kill()

    eventually(lambda: "It does not answer" in odile.get(PAGE).text)

    assert "It answers" in well
    assert "shared by several machines" in well
    assert "Serve the few that are in hand, then refuse" in well
    ledger.close()


@pytest.mark.parametrize("path", [PAGE, PAGE_FR])
def test_only_who_runs_the_store_sees_it(visitor, sign_in, department, path):
    assert sign_in({department: Role.PUBLISHER}).get(path).status_code in {403, 404}
    assert visitor.get(path).status_code in {302, 303}
