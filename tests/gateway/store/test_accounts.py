import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from gateway.store.accounts import (
    Account,
    Link,
    Membership,
    Organisation,
    SignIn,
    account_by_email,
    account_to_change,
    organisation_by_slug,
)
from tests.fixtures.people import NOW, an_account
from tests.fixtures.publishing import organisation


@pytest.fixture
def account(database):
    with database.begin() as session:
        return an_account(session)


def test_an_account_is_found_by_its_very_address(database, account):
    with database.read() as session:
        assert account_by_email(session, "camille@example.org") is session.get_one(Account, account.id)
        assert account_by_email(session, "Camille@example.org") is None
        assert account_by_email(session, "camille_example.org") is None
        assert account_by_email(session, "") is None


def test_an_account_to_change_is_as_it_is_now_whatever_was_read_before(database, account):
    with database.begin() as session:
        read = session.get_one(Account, account.id)
        session.execute(update(Account).values(name="Renamed"), execution_options={"synchronize_session": False})

        found = account_to_change(session, account.email)

        assert found is read
        assert found.name == "Renamed"
        assert account_to_change(session, "nobody@example.org") is None


def test_an_organisation_is_found_by_its_slug(database, department):
    with database.read() as session:
        assert organisation_by_slug(session, "heritage") is session.get_one(Organisation, department.id)
        assert organisation_by_slug(session, "heritag%") is None


def test_nobody_has_two_roles_in_one_organisation(database, account, department):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add_all(
            Membership(account_id=account.id, organisation_id=department.id, role=role)
            for role in ("publisher", "developer")
        )


def test_a_slug_is_there_once(database, department):
    with pytest.raises(IntegrityError):
        organisation(database, slug=department.slug)


def test_two_sessions_do_not_share_a_digest(database, account):
    def row():
        return SignIn(digest=b"d" * 32, account_id=account.id, browser="", created_at=NOW, seen_at=NOW, expires_at=NOW)

    with pytest.raises(IntegrityError), database.begin() as session:
        session.add_all([row(), row()])


def test_a_link_to_nobody_is_refused(database):
    with pytest.raises(IntegrityError), database.begin() as session:
        session.add(Link(digest=b"d" * 32, purpose="verify", account_id="acc_none", expires_at=NOW))


def test_a_change_made_on_an_old_row_is_refused(database, department):
    with database.begin() as session:
        session.get(Organisation, department.id).name_en = "First"

    department.name_en = "Second"
    with pytest.raises(StaleDataError), database.begin() as session:
        session.add(department)


def test_a_membership_knows_both_its_ends(database, account, department):
    with database.begin() as session:
        session.add(Membership(account_id=account.id, organisation_id=department.id, role="publisher"))

    with database.read() as session:
        found = session.get_one(Account, account.id)
        assert {each.organisation.slug for each in found.memberships} >= {"heritage"}
        assert {each.account.id for each in found.memberships} == {account.id}
