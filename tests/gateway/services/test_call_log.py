from datetime import timedelta

import pytest

from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.roles import Role
from gateway.services import call_log
from gateway.services.call_log import Wanted
from gateway.store.counting import count_batch
from gateway.store.rollup import line_of, roll_up
from tests.fixtures.consuming import MOMENT, finished
from tests.fixtures.publishing import NOW, organisation, person


@pytest.fixture
def happened(database, application, holidays):
    """Count calls of the application to the holidays, unless told otherwise; their ids, the latest first."""

    def count(*changes):
        usual = {"application_id": application.id, "api_id": holidays.id}
        calls = [finished(received_at=MOMENT + second, **usual | each) for second, each in enumerate(changes)]
        with database.begin() as session:
            count_batch(session, f"batch {id(changes)}", roll_up(map(line_of, calls), "batch"), NOW)
        return [call.event.request_id for call in reversed(calls)]

    return count


@pytest.fixture
def seen(database, developer, application):
    """The ids of the calls that a question shows."""

    def look(wanted=Wanted(), **page):  # noqa: B008 - it cannot be changed
        with database.read() as session:
            return [row.request_id for row in call_log.browse(session, developer, application.id, wanted, **page).items]

    return look


def test_calls_are_listed_the_latest_first_page_by_page(database, developer, application, happened, seen):
    ids = happened(*[{}] * 5, {"application_id": "app_other"})[1:]

    assert seen() == ids
    assert seen(page=2, per_page=2) == ids[2:4]
    with database.read() as session:
        assert call_log.browse(session, developer, application.id, Wanted(), per_page=2).total == 5


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [4, 3, 2, 1, 0]),
        (Wanted(status_class=4), [3, 2]),
        (Wanted(refusal="quota-spent"), [2]),
        (Wanted(refusal=call_log.ANY), [3, 2]),
        (Wanted(refusal=call_log.NONE), [4, 1, 0]),
        (Wanted(api_id="api_2"), [4]),
        (Wanted(since=NOW + timedelta(seconds=3)), [4, 3]),
        (Wanted(until=NOW + timedelta(seconds=3)), [2, 1, 0]),
        (Wanted(status_class=4, refusal=call_log.ANY, since=NOW + timedelta(seconds=3)), [3]),
        (Wanted(refusal="no-such-code"), []),
    ],
)
def test_a_question_shows_the_calls_that_fit_all_of_it(happened, seen, wanted, expected):
    refused = {"status": 429, "refusal": "quota-spent"}, {"status": 403, "refusal": "not-subscribed"}
    ids = happened({}, {"status": 201}, *refused, {"api_id": "api_2"})[::-1]

    assert seen(wanted) == [ids[number] for number in expected]


def test_no_question_shows_a_call_that_is_older_than_the_log(monkeypatch, happened, seen):
    monkeypatch.setattr(call_log, "RECENT_CALLS_KEPT", 3)
    ids = happened({"status": 404}, *[{}] * 3)

    assert seen() == ids[:3]
    assert seen(Wanted(status_class=4)) == []


def test_one_chooses_among_what_occurs(database, developer, application, holidays, happened):
    happened({}, {"refusal": "quota-spent"}, {"refusal": "not-subscribed"}, {"refusal": "quota-spent"}, {"api_id": ""})

    with database.read() as session:
        choices = call_log.choices(session, developer, application.id)

    assert choices.refusals == ["not-subscribed", "quota-spent"]
    assert [api.id for api in choices.apis] == [holidays.id]


def test_a_file_has_all_of_them(database, developer, application, happened):
    ids = happened(*[{}] * 150)

    with database.read() as session:
        assert [row["request_id"] for row in call_log.rows(session, developer, application.id, Wanted())] == ids


def test_nobody_sees_the_calls_of_others(database, publisher, application):
    stranger = person(Role.DEVELOPER, organisation(database, slug="other"))
    for who in (stranger, publisher):
        for look in (call_log.browse, call_log.rows, lambda *given: call_log.choices(*given[:3])):
            with database.read() as session, pytest.raises(DomainError) as caught:
                look(session, who, application.id, Wanted())
            assert caught.value.kind is NOT_FOUND
