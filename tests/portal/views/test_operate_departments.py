"""Departments and who publishes for them."""

import pytest
from sqlalchemy import select

from gateway.domain.roles import OrganisationKind, Role
from gateway.store.accounts import Membership, Organisation
from tests.fixtures.people import an_account
from tests.fixtures.publishing import organisation
from tests.portal.browsing import faults_of

LIST, LIST_FR = "/en/operate/departments", "/fr/exploiter/ministeres"
FORM = {"slug": "finance", "name_en": "Department of Finance", "name_fr": "Ministère des Finances"}


@pytest.fixture
def odile(site, sign_in):
    """An operator's browser."""
    office = organisation(site.database, kind=OrganisationKind.OPERATOR, slug="office")
    return sign_in({office: Role.OPERATOR})


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER}, name="Luce Hébert")


def departments(site) -> list[Organisation]:
    with site.database.read() as session:
        query = select(Organisation).where(Organisation.kind == OrganisationKind.DEPARTMENT)
        return list(session.scalars(query))


def members(site, department) -> list[Membership]:
    with site.database.read() as session:
        return list(session.scalars(select(Membership).where(Membership.organisation_id == department.id)))


@pytest.mark.parametrize(("path", "words"), [(LIST, "No department yet"), (LIST_FR, "Aucun ministère pour l’instant")])
def test_without_departments_the_list_says_what_they_are_for(odile, path, words):
    assert words in odile.get(path).text


@pytest.mark.parametrize(("path", "new"), [(LIST, "new"), (LIST_FR, "nouveau")])
def test_a_department_is_made_with_both_names(site, odile, path, new):
    assert odile.get(f"{path}/{new}").status_code == 200

    answer = odile.post(f"{path}/{new}", FORM)

    (made,) = departments(site)
    assert answer.status_code == 303
    assert answer.location == f"{path}/{made.id}"
    assert (made.slug, made.name_en, made.name_fr) == tuple(FORM.values())
    assert FORM["name_en"] in odile.get(LIST).text
    assert FORM["name_fr"] in odile.get(LIST_FR).text


@pytest.mark.parametrize(
    ("wrong", "field"), [({"name_fr": ""}, "name_fr"), ({"slug": "É"}, "slug"), ({"slug": "heritage"}, "slug")]
)
def test_a_department_that_is_not_right_says_why(site, odile, department, wrong, field):
    answer = odile.post(f"{LIST}/new", FORM | wrong)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert len(departments(site)) == 1


@pytest.mark.parametrize(
    ("form", "names"), [(f"{LIST}/new", ["name_en", "name_fr"]), (f"{LIST_FR}/nouveau", ["name_fr", "name_en"])]
)
def test_the_name_in_the_readers_language_is_asked_first(odile, form, names):
    assert faults_of(odile.post(form, {}).text) == ([*names, "slug"],) * 2


@pytest.mark.parametrize("path", [LIST, LIST_FR])
def test_a_publisher_is_added_by_address_once(site, odile, department, path):
    with site.database.begin() as session:
        an_account(session, email="luce@example.org", name="Luce Hébert")
    page = f"{path}/{department.id}"

    answers = [odile.post(page, {"email": "Luce@Example.org"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    (member,) = members(site, department)
    assert member.role == Role.PUBLISHER
    assert "luce@example.org" in odile.get(page).text


@pytest.mark.parametrize("address", ["", "nobody@example.org", "no address"])
def test_who_has_no_account_cannot_be_added(site, odile, department, address):
    answer = odile.post(f"{LIST}/{department.id}", {"email": address})

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert not members(site, department)


def test_a_publisher_adds_and_removes_a_colleague(site, heritage, department):
    with site.database.begin() as session:
        colleague = an_account(session, email="remi@example.org", name="Rémi Côté")
    page = f"/fr/exploiter/ministeres/{department.id}"

    assert heritage.post(page, {"email": "remi@example.org"}).status_code == 303
    member = next(each for each in members(site, department) if each.account_id == colleague.id)
    removal = f"{page}/membres/{member.id}/retirer"
    assert "Rémi Côté" in heritage.get(removal).text
    assert heritage.post(removal).status_code == 303
    assert heritage.post(removal, form_at=page).status_code == 303

    assert [each.account_id for each in members(site, department)] != []
    assert member.id not in {each.id for each in members(site, department)}


def test_the_last_publisher_stays(site, heritage, department):
    (only,) = members(site, department)
    removal = f"{LIST}/{department.id}/members/{only.id}/remove"

    page = heritage.get(removal)
    refused = heritage.post(removal, form_at="/en/publish/new")

    assert "The last person cannot be removed." in page.text
    assert refused.status_code == 422
    assert len(members(site, department)) == 1


def test_none_of_this_is_for_anybody_else(site, heritage, baker, department):
    other = organisation(site.database, slug="other")

    assert heritage.get(LIST).status_code == 404
    assert baker.get(LIST).status_code == 404
    assert heritage.get(f"{LIST}/new").status_code == 404
    assert heritage.get(f"{LIST}/{other.id}").status_code == 404
    assert heritage.post(f"{LIST}/{other.id}", {"email": "a@example.org"}, form_at="/en/publish/new").status_code == 404
    assert baker.get(f"{LIST}/{department.id}").status_code == 404


@pytest.mark.parametrize(("path", "words"), [(LIST, "In French"), (LIST_FR, "En anglais")])
def test_its_other_name_is_told_by_its_language(odile, department, path, words):
    assert f"<dt>{words}</dt>" in odile.get(f"{path}/{department.id}").text


def test_only_a_department_has_such_a_page(odile, consumer):
    assert odile.get(f"{LIST}/{consumer.id}").status_code == 404
