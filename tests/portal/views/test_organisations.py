"""One's own organisations, and the names of any."""

import pytest
from sqlalchemy import select

from gateway.domain.roles import OrganisationKind, Role
from gateway.store.accounts import Membership, Organisation
from tests.fixtures.people import an_account
from tests.fixtures.publishing import organisation
from tests.portal.browsing import title_of

PAGES = [("/en/account/organisations", "names", "Rename"), ("/fr/compte/organisations", "noms", "Renommer")]
NAMES = {"name_en": "Parks", "name_fr": "Parcs"}


def named(site, found) -> tuple[str, str]:
    with site.database.read() as session:
        kept = session.get_one(Organisation, found.id)
        return kept.name_en, kept.name_fr


def members(site, found) -> list[Membership]:
    with site.database.read() as session:
        return list(session.scalars(select(Membership).where(Membership.organisation_id == found.id)))


@pytest.mark.parametrize(("base", "names", "words"), PAGES)
def test_a_member_renames_their_organisation(site, baker, consumer, base, names, words):
    page = baker.get(f"{base}/{consumer.id}/{names}")

    answer = baker.post(f"{base}/{consumer.id}/{names}", NAMES)

    assert words in title_of(page)
    assert answer.location == f"{base}/{consumer.id}"
    assert named(site, consumer) == ("Parks", "Parcs")
    assert "Par" in title_of(baker.get(answer.location))


def test_a_publisher_and_an_operator_rename_a_department_and_come_back_to_its_page(site, sign_in, department):
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")
    address = f"/en/account/organisations/{department.id}/names"

    for browser in (sign_in({department: Role.PUBLISHER}), sign_in({office: Role.OPERATOR})):
        home = f"/en/operate/departments/{department.id}"
        assert address in browser.get(home).text
        assert browser.post(address, NAMES).location == home

    assert named(site, department) == ("Parks", "Parcs")


def test_a_department_says_in_which_time_zone_its_days_begin(site, sign_in, department, consumer, baker):
    address = f"/en/account/organisations/{department.id}/names"
    browser = sign_in({department: Role.PUBLISHER})

    assert 'value="UTC"' in browser.get(address).text
    assert "time_zone" not in baker.get(f"/en/account/organisations/{consumer.id}/names").text
    assert browser.post(address, NAMES | {"time_zone": "Mars/Olympus"}).status_code == 422
    browser.post(address, NAMES | {"time_zone": "America/Toronto"})

    with site.database.read() as session:
        assert session.get(Organisation, department.id).time_zone == "America/Toronto"


@pytest.mark.parametrize("wrong", [{"name_en": ""}, {"name_fr": "x" * 201}])
def test_names_that_are_not_right_change_nothing(site, baker, consumer, wrong):
    before = named(site, consumer)

    refused = baker.post(f"/en/account/organisations/{consumer.id}/names", NAMES | wrong)

    assert refused.status_code == 422
    assert named(site, consumer) == before


def test_who_renames_second_sees_the_names_there_are_now(site, baker, consumer):
    address = f"/en/account/organisations/{consumer.id}/names"
    read = baker.get(address)
    baker.post(address, NAMES)

    refused = baker.post(address, {"name_en": "Mine", "name_fr": "Le mien", "version": "1"})

    assert read.status_code == 200
    assert refused.status_code == 422
    assert "Saved now:" in refused.text
    assert named(site, consumer) == ("Parks", "Parcs")


@pytest.mark.parametrize(("base", "names", "_words"), PAGES)
def test_a_colleague_is_added_and_removed(site, baker, consumer, base, names, _words):
    with site.database.begin() as session:
        colleague = an_account(session, email="remi@example.org", name="Rémi Côté")
    page = f"{base}/{consumer.id}"

    assert baker.post(page, {"email": "remi@example.org"}).status_code == 303
    assert baker.post(page, {"email": "remi@example.org"}).status_code == 303
    member = next(each for each in members(site, consumer) if each.account_id == colleague.id)
    removal = next(part for part in baker.get(page).text.split('"') if member.id in part)
    assert "Rémi Côté" in baker.get(removal).text
    assert baker.post(removal).status_code == 303
    assert baker.post(removal, form_at=page).status_code == 303

    assert member.role == Role.DEVELOPER
    assert len(members(site, consumer)) == 1


def test_the_last_member_stays(site, baker, consumer):
    (only,) = members(site, consumer)

    refused = baker.post(f"/en/account/organisations/{consumer.id}/members/{only.id}/remove")

    assert refused.status_code == 422
    assert "keeps at least one member" in refused.text
    assert len(members(site, consumer)) == 1


def test_an_organisation_is_nobody_elses(site, baker, sign_in, department):
    other = organisation(site.database, kind=OrganisationKind.CONSUMER, slug="other")

    for found in (other, department):
        assert baker.get(f"/en/account/organisations/{found.id}/names").status_code == 404
    assert baker.get(f"/en/account/organisations/{other.id}").status_code == 404


def test_a_department_is_shown_on_the_page_that_departments_have(sign_in, department):
    answer = sign_in({department: Role.PUBLISHER}).get(f"/en/account/organisations/{department.id}")

    assert answer.location == f"/en/operate/departments/{department.id}"
