from dataclasses import replace

import pytest

from gateway.domain.errors import CALL_UNKNOWN, NOT_SIGNED_IN, TOKEN_SCOPE, DomainError
from gateway.domain.roles import Permission, Role
from gateway.pipeline import refusals
from gateway.pipeline.refusals import FAILURES, TABLE
from gateway.plugin.registry import Registry
from gateway.services.actor import visitor
from gateway.services.explaining import VERDICTS, Outcome, explain
from gateway.store.counting import count_batch
from gateway.store.retention import Retention
from gateway.store.rollup import line_of, roll_up
from plugins import BUILT_IN
from tests.fixtures.consuming import finished
from tests.fixtures.publishing import NOW, organisation, person

REGISTRY = Registry(BUILT_IN)


@pytest.fixture
def ended(database, application, holidays):
    """Count one call of the application to the holidays; its id."""

    def count(**changes):
        call = finished(**{"application_id": application.id, "api_id": holidays.id} | changes)
        with database.begin() as session:
            count_batch(session, call.event.request_id, roll_up([line_of(call)], "batch"), NOW)
        return call.event.request_id

    return count


@pytest.fixture
def asked(database):
    """Why a call ended, as somebody is told."""

    def ask(who, request_id):
        with database.read() as session:
            return explain(session, who, request_id, registry=REGISTRY, keep=Retention())

    return ask


def kind_told(asked, who, request_id):
    with pytest.raises(DomainError) as caught:
        asked(who, request_id)
    return caught.value


@pytest.mark.parametrize("row", [*TABLE, *REGISTRY.refusals], ids=lambda row: row.code)
def test_every_way_to_be_refused_is_told_from_the_one_table(developer, ended, asked, row):
    found = asked(developer, ended(status=row.status, refusal=row.code))

    assert (found.reason, found.remedy, found.has_page) == (row.title, row.remedy, True)
    assert found.outcome == (Outcome.FAILED if row.code in FAILURES else Outcome.REFUSED)
    assert found.detail is None or "{" not in found.detail.en + found.detail.fr


def test_what_the_words_need_is_filled_in_where_it_is_known(developer, ended, asked):
    known = asked(developer, ended(refusal=refusals.NOT_SUBSCRIBED.code))
    unknown = asked(developer, ended(refusal=refusals.QUOTA_SPENT.code))

    assert "“holidays”" in known.detail.en
    assert unknown.detail is None


def test_a_call_that_was_answered_was_not_refused(developer, ended, asked):
    found = asked(developer, ended(status=404))

    assert (found.outcome, found.reason, found.remedy) == (Outcome.ANSWERED, None, None)
    assert set(VERDICTS) == set(Outcome)


def test_a_rule_that_is_gone_is_told_as_one(developer, ended, asked):
    found = asked(developer, ended(status=403, refusal="of-a-plugin-that-is-gone"))

    assert (found.outcome, found.has_page) == (Outcome.REFUSED, False)
    assert found.reason.en == "Refused by a rule of the API"


def test_the_organisation_the_department_and_operators_see_a_call(developer, publisher, operator, ended, asked):
    request_id = ended(refusal="quota-spent")

    assert {asked(who, request_id).call.request_id for who in (developer, publisher, operator)} == {request_id}


def test_to_anybody_else_it_is_not_there_and_they_learn_what_is_kept(database, developer, publisher, ended, asked):
    request_id = ended()
    strangers = [person(role, organisation(database, slug=role)) for role in (Role.DEVELOPER, Role.PUBLISHER)]
    told = [kind_told(asked, who, request_id) for who in strangers]
    told += [kind_told(asked, developer, "req_never"), kind_told(asked, publisher, ended(api_id=""))]

    assert {error.kind for error in told} == {CALL_UNKNOWN}
    assert len({error.detail for error in told}) == 1
    assert "last 1,000 calls of each application are kept, for 90 days" in told[0].detail.en
    assert "Les 1\N{NO-BREAK SPACE}000 derniers appels" in told[0].detail.fr


def test_a_visitor_signs_in_first_and_a_token_needs_the_scope(developer, operator, ended, asked):
    request_id = ended()
    narrow = frozenset({Permission.READ_APPLICATION})

    assert kind_told(asked, visitor(), request_id).kind is NOT_SIGNED_IN
    for who in (developer, operator):
        assert kind_told(asked, replace(who, scopes=narrow), request_id).kind is TOKEN_SCOPE
