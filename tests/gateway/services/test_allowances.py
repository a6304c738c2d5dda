from datetime import timedelta

import pytest

from gateway.domain.allowances import Extra, extras_of, resets_of
from gateway.domain.errors import INVALID, NOT_FOUND, REQUIRED, STALE, DomainError
from gateway.domain.plans import Window
from gateway.services import allowances, limits, subscriptions
from gateway.services.allowances import Grant
from gateway.store.applications import Subscription
from gateway.store.audit import AuditEvent
from gateway.store.changes import changes_since, latest
from gateway.store.finding import StoreFinder
from tests.fixtures.consuming import MOMENT
from tests.fixtures.publishing import NOW

MIDNIGHT = int(MOMENT) + 43_200
WHY = "Census week"


@pytest.fixture
def joined(database, developer, application, holidays):
    with database.begin() as session:
        plan_id = holidays.plans[0].id
        return subscriptions.subscribe(session, developer, application.id, api_id=holidays.id, plan_id=plan_id)


def found(database, application, api):
    consumer = StoreFinder(database).find_application(application.id)
    assert consumer is not None
    return consumer.subscriptions[api.id]


def refused(change, *given, **named):
    with pytest.raises(DomainError) as caught:
        change(*given, **named)
    return caught.value


def last_told(session):
    return session.query(AuditEvent).order_by(AuditEvent.sequence.desc()).first()


def test_extra_calls_hold_until_the_window_ends_unless_told_otherwise(
    database, operator, application, holidays, joined
):
    with database.read() as session:
        before = latest(session)
    with database.begin() as session:
        allowances.grant_extra(session, operator, joined.id, Grant("day", 500), reason=WHY)

    now = found(database, application, holidays)
    assert now.at(MOMENT).windows == (Window("minute", 60), Window("day", 1_500))
    assert now.at(MIDNIGHT - 0.1).windows == (Window("minute", 60), Window("day", 1_500))
    assert now.at(MIDNIGHT).windows == (Window("minute", 60), Window("day", 1_000))
    with database.read() as session:
        kept = session.get_one(Subscription, joined.id)
        assert extras_of(kept.extras) == (Extra("day", 500, MIDNIGHT, WHY),)
        assert limits.limits_now(kept, (), NOW)[1].limit == 1_500
        assert limits.limits_now(kept, (), NOW + timedelta(days=1))[1].limit == 1_000
        told = last_told(session)
        assert (told.command, told.reason, told.after) == (
            "subscription.extra", WHY, {"day": "+500 → 2026-11-23T00:00:00+00:00"},
        )  # fmt: skip
        assert changes_since(session, before).applications == {application.id}


def test_extra_calls_may_hold_until_a_date_and_each_limit_has_one_grant(
    database, operator, application, holidays, joined
):
    soon, later = NOW + timedelta(days=2), NOW + timedelta(days=3)
    with database.begin() as session:
        allowances.grant_extra(session, operator, joined.id, Grant("day", 500, soon), reason=WHY)
        allowances.grant_extra(session, operator, joined.id, Grant("minute", 5, later), reason=WHY)
        allowances.grant_extra(session, operator, joined.id, Grant("day", 100, soon), reason=WHY)

    now = found(database, application, holidays)
    assert [window.limit for window in now.at(MOMENT).windows] == [65, 1_100]
    assert [window.limit for window in now.at(soon.timestamp()).windows] == [65, 1_000]
    assert [window.limit for window in now.at(later.timestamp()).windows] == [60, 1_000]


def test_granting_none_takes_what_was_granted_away(database, operator, application, holidays, joined):
    with database.begin() as session:
        allowances.grant_extra(session, operator, joined.id, Grant("day", 500), reason=WHY)
        allowances.grant_extra(session, operator, joined.id, Grant("day", 0), reason="A mistake")

    assert found(database, application, holidays).at(MOMENT).windows[1].limit == 1_000


@pytest.mark.parametrize(
    ("grant", "field"),
    [
        (Grant("week", 5), "window"),
        (Grant("rate-second", 5), "window"),
        (Grant("concurrency", 5), "window"),
        (Grant("day", -1), "calls"),
        (Grant("day", limits.MOST_CALLS), "calls"),
        (Grant("day", 5, NOW), "until"),
        (Grant("day", 5, NOW + timedelta(days=401)), "until"),
        (Grant("rolling-day", 5), "until"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(database, operator, joined, grant, field):
    system = (Window("second", 9, "rate"), Window("day", 9, "rolling"), Window("call", 9, "concurrency"))
    with database.begin() as session:
        fault = refused(allowances.grant_extra, session, operator, joined.id, grant, reason=WHY, system=system)

    assert (fault.kind in (INVALID, REQUIRED), fault.field) == (True, field)


def test_a_reset_gives_the_window_another_key_and_never_the_same_twice(
    database, operator, application, holidays, joined
):
    with database.begin() as session:
        allowances.reset(session, operator, joined.id, windows=["day"], reason=WHY)
    once = [charge.key for charge in found(database, application, holidays).usual]
    with database.begin() as session:
        allowances.reset(session, operator, joined.id, windows=["minute"], reason=WHY)
        allowances.reset(session, operator, joined.id, windows=["day"], reason=WHY)

    assert once == [joined.id, f"{joined.id}~{int(MOMENT)}"]
    assert [charge.key for charge in found(database, application, holidays).usual] == [
        f"{joined.id}~{int(MOMENT) + 1}",
        f"{joined.id}~{int(MOMENT) + 2}",
    ]
    with database.read() as session:
        assert [each.window for each in resets_of(session.get_one(Subscription, joined.id).resets)] == ["minute", "day"]
        assert last_told(session).command == "subscription.reset"


def test_a_reset_is_of_limits_that_are_in_force(database, operator, joined):
    with database.begin() as session:
        reset = (allowances.reset, session, operator, joined.id)
        assert refused(*reset, windows=[], reason=WHY).field == "windows"
        assert refused(*reset, windows=["day", "week"], reason=WHY).field == "windows"


def test_both_need_a_reason_somebody_who_may_and_what_they_had_read(database, operator, developer, joined):
    with database.begin() as session:
        for change, given in (
            (allowances.grant_extra, {"grant": Grant("day", 5)}),
            (allowances.reset, {"windows": ["day"]}),
        ):
            assert refused(change, session, operator, joined.id, **given, reason=" ").field == "reason"
            assert refused(change, session, developer, joined.id, **given, reason=WHY).kind is NOT_FOUND
            assert refused(change, session, operator, joined.id, **given, reason=WHY, expected_version=9).kind is STALE


def test_calls_under_way_cannot_be_reset(database, operator, joined):
    system = (Window("call", 9, "concurrency"),)
    with database.begin() as session:
        fault = refused(
            allowances.reset, session, operator, joined.id, windows=["concurrency"], reason=WHY, system=system
        )

    assert (fault.kind, fault.field) == (INVALID, "windows")
