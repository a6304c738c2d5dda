from datetime import timedelta

import pytest

from gateway.domain.errors import INVALID, NOT_FOUND, DomainError
from gateway.services import usage_rows
from tests.fixtures.consuming import MOMENT
from tests.fixtures.publishing import NOW
from tests.gateway.services.test_usage import call, happened

__all__ = ["call", "happened"]


def test_each_row_is_one_kind_of_call_in_one_hour(database, developer, application, holidays, happened, call):
    happened(call(), call(sent_bytes=5), call(status=429, refusal="quota-spent"), call(received_at=MOMENT - 1))

    with database.read() as session:
        rows = usage_rows.of_application(session, developer, application.id, now=NOW)

    assert all(tuple(row) == usage_rows.APPLICATION_COLUMNS for row in rows)
    assert [(row["start"], row["api"], row["status_class"], row["refusal"], row["calls"]) for row in rows] == [
        (NOW - timedelta(hours=1), "holidays", 2, "", 1),
        (NOW, "holidays", 2, "", 2),
        (NOW, "holidays", 4, "quota-spent", 1),
    ]
    assert [row["sent_bytes"] for row in rows] == [10, 15, 10]


def test_beyond_two_days_a_row_is_a_day(database, publisher, application, holidays, happened, call):
    happened(call(), call(received_at=MOMENT - 3_600), call(application_id=""))

    with database.read() as session:
        rows = usage_rows.of_api(session, publisher, holidays.id, now=NOW, hours=49)

    assert all(tuple(row) == usage_rows.API_COLUMNS for row in rows)
    assert [(row["start"], row["application"], row["calls"]) for row in rows] == [
        (NOW.replace(hour=0), "", 1),
        (NOW.replace(hour=0), "Ovens", 2),
    ]


def test_what_a_file_cannot_hold_is_not_cut_short_in_silence(
    database, developer, application, happened, call, monkeypatch
):
    monkeypatch.setattr(usage_rows, "MOST_ROWS", 2)
    happened(*(call(operation=f"GET /{number}") for number in range(3)))

    with database.read() as session, pytest.raises(DomainError) as caught:
        usage_rows.of_application(session, developer, application.id, now=NOW)

    assert (caught.value.kind, caught.value.field) == (INVALID, "hours")


def test_nobody_takes_away_the_usage_of_others(database, developer, publisher, application, holidays):
    with database.read() as session:
        for look in (
            lambda: usage_rows.of_application(session, publisher, application.id, now=NOW),
            lambda: usage_rows.of_api(session, developer, holidays.id, now=NOW),
        ):
            with pytest.raises(DomainError) as caught:
                look()
            assert caught.value.kind is NOT_FOUND
