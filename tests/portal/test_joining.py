"""Subscribing in one go, and clicks that come close together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from gateway.domain.errors import NAME_TAKEN, NOT_FOUND, DomainError
from gateway.services import credentials
from gateway.store.applications import Application, Credential, Subscription
from portal.joining import Joined, Wanted, join
from tests.fixtures.publishing import person

CLICKS = 4


@pytest.fixture
def wanted(holidays, consumer) -> Wanted:
    return Wanted(holidays.plans[0].id, "nonce-1", organisation_id=consumer.id, name="Ovens ")


@pytest.fixture
def joined(site, developer, holidays):
    """Join as the developer, in French pages or any other."""

    def now(wanted: Wanted) -> Joined:
        with site.app.test_request_context("/fr/"):
            return join(site.database, developer, holidays.id, wanted)

    return now


def counted(site) -> list[int]:
    with site.database.read() as session:
        tables = (Application, Subscription, Credential)
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_everything_is_made_that_was_not_there(site, joined, wanted):
    made = joined(wanted)

    assert made.secret.startswith("gcs_")
    assert not made.shown_before
    assert counted(site) == [1, 1, 1]


def test_the_first_secret_has_a_name_in_the_readers_language(site, joined, wanted):
    joined(wanted)

    with site.database.read() as session:
        assert session.scalars(select(Credential.name)).one() == "Premier secret"


def test_clicks_at_once_make_one_of_each_and_show_one_secret(site, joined, wanted):
    with ThreadPoolExecutor(CLICKS) as pool:
        answers = list(pool.map(lambda _: joined(wanted), range(CLICKS)))

    assert counted(site) == [1, 1, 1]
    assert sum(bool(answer.secret) for answer in answers) == 1
    assert sum(answer.shown_before for answer in answers) == CLICKS - 1
    assert len({answer.subscription_id for answer in answers}) == 1


def test_a_new_form_with_an_old_name_is_another_wish(site, joined, wanted, holidays, consumer):
    joined(wanted)

    with pytest.raises(DomainError) as refused:
        joined(Wanted(holidays.plans[0].id, "nonce-2", organisation_id=consumer.id, name="Ovens"))

    assert refused.value.kind is NAME_TAKEN
    assert counted(site) == [1, 1, 1]


def test_a_secret_that_was_made_by_this_form_and_revoked_is_not_made_again(site, joined, wanted, developer):
    joined(wanted)
    with site.database.begin() as session:
        credentials.revoke(session, developer, session.scalars(select(Credential.id)).one())

    again = joined(wanted)

    assert again.shown_before
    assert counted(site) == [1, 1, 1]


def test_what_is_refused_leaves_nothing_behind(site, joined, consumer):
    with pytest.raises(DomainError) as refused:
        joined(Wanted("pln_other", "nonce-1", organisation_id=consumer.id, name="Ovens"))

    assert refused.value.kind is NOT_FOUND
    assert counted(site) == [0, 0, 0]


def test_nobody_joins_with_somebody_elses_application(site, holidays, application):
    with site.app.test_request_context("/en/"), pytest.raises(DomainError) as refused:
        join(site.database, person(), holidays.id, Wanted(holidays.plans[0].id, "n", application_id=application.id))

    assert refused.value.kind is NOT_FOUND
    assert counted(site) == [1, 0, 0]
