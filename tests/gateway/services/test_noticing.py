import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from gateway.domain.allowances import Extra, Reset
from gateway.domain.errors import DomainError
from gateway.domain.limits import stored
from gateway.domain.plans import Window
from gateway.mail.senders import SmtpSender
from gateway.pipeline.refusals import LEDGER_AWAY, Failure
from gateway.services import accounts
from gateway.services.delivery import deliver_due
from gateway.services.noticing import Noticing
from gateway.store.applications import Subscription
from gateway.store.notices import CLAIM, PAUSE, CalledSubscription
from tests.fixtures.consuming import counted_queries
from tests.fixtures.people import NOW, acting, link_to, outbox
from tests.house.sources import ROOT

DAY = timedelta(days=1)


def changed(quota, column, granted):
    """The subscription has been granted this."""
    with quota.database.begin() as session:
        setattr(session.get_one(Subscription, quota.subscription.id), column, [granted._asdict()])


def subjects(quota):
    return [mail.subject for mail in outbox(quota.database)]


def test_below_80_per_cent_nobody_is_told(quota):
    quota.call(79)

    assert quota.notice() == 0
    assert subjects(quota) == []


def test_at_80_and_at_100_per_cent_one_letter_each(quota):
    quota.call(80)
    assert quota.notice() == 1
    quota.call(10)
    assert quota.notice() == 0
    quota.call(10)
    assert quota.notice() == 1
    quota.call(10)
    assert quota.notice() == 0

    assert subjects(quota) == ["Ovens: 80% of a quota is used", "Ovens: a quota is used up"]


def test_who_goes_past_both_at_once_is_told_of_the_second_only(quota):
    quota.call(120)
    assert quota.notice() == 1
    quota.call(1)
    assert quota.notice() == 0

    assert subjects(quota) == ["Ovens: a quota is used up"]


def test_each_window_is_told_of_anew(quota):
    quota.call(100)
    quota.notice()
    quota.now += DAY
    quota.call(90)
    quota.notice()

    assert subjects(quota) == ["Ovens: a quota is used up", "Ovens: 90% of a quota is used"]


def test_a_limit_that_was_raised_is_told_of_anew_and_keeps_what_was_used(quota):
    quota.call(100)
    quota.notice()
    with quota.database.begin() as session:
        session.get_one(Subscription, quota.subscription.id).limits = stored([Window("day", 120)])
    quota.call(1)
    quota.notice()

    assert subjects(quota) == ["Ovens: a quota is used up", "Ovens: 84% of a quota is used"]


def test_what_was_used_before_a_reset_is_told_of_no_more_and_what_is_used_after_it_anew(quota):
    quota.call(100)
    quota.notice()
    changed(quota, "resets", Reset("day", int(quota.now.timestamp()) + 1, "to see"))
    quota.now += timedelta(seconds=2)

    quota.call(79)
    assert quota.notice() == 0
    quota.call(1)
    assert quota.notice() == 1

    assert subjects(quota) == ["Ovens: a quota is used up", "Ovens: 80% of a quota is used"]


def test_extra_calls_are_part_of_the_quota_that_is_told_of(quota):
    changed(quota, "extras", Extra("day", 100, int(quota.now.timestamp()) + 3_600, "to see"))

    quota.call(150)
    assert quota.notice() == 0
    quota.call(10)
    assert quota.notice() == 1

    assert "Used: 160" in outbox(quota.database)[-1].body


@pytest.mark.parametrize(
    "window",
    [
        Window("minute", 10),
        Window("day", 10, "rolling"),
        Window("hour", 10, "rate"),
        Window("day", 10, per="operation"),
        Window("day", 10, per="credential"),
    ],
    ids=lambda window: window.name,
)
def test_what_is_no_quota_of_an_hour_or_longer_is_told_of_to_nobody(quota_of, window):
    quota = quota_of(window)
    quota.member("camille")
    quota.call(20)

    assert quota.notice() == 0


@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_every_quota_of_an_hour_or_longer_is_told_of(quota_of, period):
    quota = quota_of(Window(period, 10))
    quota.member("camille")
    quota.call(8)

    assert quota.notice() == 1


def test_the_letter_says_all_in_the_language_of_whoever_reads_it(quota_of):
    quota = quota_of(Window("day", 2_000))
    quota.member("camille")
    quota.member("zoe", "fr")
    quota.call(1_600)
    quota.notice()

    english, french = sorted(outbox(quota.database), key=lambda mail: mail.language)
    plain = french.subject.replace("\u00a0", " ")
    assert (english.subject, plain) == ("Ovens: 80% of a quota is used", "Ovens : 80 % d’un quota est utilisé")
    for said in (
        "Hello Camille,", "application Ovens", "Public holidays", "Plan: Tried", "Limit: 2,000 calls a day",
        "Used: 1,600", "Begins anew: 2026-11-23 00:00 (UTC)",
        link_to("usage", "en", quota.subscription.application_id), link_to("more", "en", quota.subscription.id),
        link_to("account", "en", ""),
    ):  # fmt: skip
        assert said in english.body
    for said in (
        "Bonjour Zoe,", "application Ovens", "Jours fériés", "Forfait : Essai", "Limite : 2 000 appels par jour",
        "Utilisé : 1 600", link_to("usage", "fr", quota.subscription.application_id),
    ):  # fmt: skip
        assert said in french.body.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_letter_tells_the_time_of_the_departments_calendar(quota):
    with quota.database.begin() as session:
        session.get_one(Subscription, quota.subscription.id).api.organisation.time_zone = "America/Toronto"
    quota.call(80)
    quota.notice()

    assert "Begins anew: 2026-11-23 00:00 (America/Toronto)" in outbox(quota.database)[0].body


def test_only_who_can_be_reached_and_wants_it_gets_a_letter(quota):
    quota.member("disabled", disabled_at=NOW)
    quota.member("unconfirmed", verified_at=None)
    quota.member("only-spent", hears_near=False)
    quota.member("only-near", hears_spent=False)

    quota.call(80)
    quota.notice()
    near = {mail.recipient for mail in outbox(quota.database)}
    quota.call(20)
    quota.notice()
    spent = {mail.recipient for mail in outbox(quota.database) if "used up" in mail.subject}

    assert near == {"camille@example.org", "only-near@example.org"}
    assert spent == {"camille@example.org", "only-spent@example.org"}


def test_a_person_chooses_their_letters_and_the_trail_says_so(quota):
    camille = quota.people["camille"]
    with quota.database.begin() as session:
        accounts.choose_letters(session, acting(session, camille), hears_near=False)
    quota.call(80)
    quota.notice()

    assert subjects(quota) == []
    with pytest.raises(DomainError), quota.database.begin() as session:
        accounts.choose_letters(session, acting(session, camille).__class__("", "", NOW), hears_near=True)


def test_while_the_ledger_is_away_nothing_is_told_and_later_it_is(quota):
    class Away:
        def left(self, charges):
            raise Failure(LEDGER_AWAY)

    quota.call(80)
    assert Noticing(quota.database, Away(), link_to).notice_due(NOW + PAUSE) == 0  # type: ignore[arg-type]

    assert quota.notice(PAUSE + CLAIM) == 1


def test_where_nobody_called_one_look_is_all_that_it_costs(quota):
    with counted_queries(quota.database) as queries:
        quota.notice()

    assert len(queries) == 1


def test_calls_ask_nobody_to_look_so_many_calls_make_one_look(quota):
    """No call does anything for notices: a batch writes one row more, whatever the number of its calls."""
    quota.call(50)
    with counted_queries(quota.database) as queries:
        quota.count()
    with quota.database.read() as session:
        assert len(session.scalars(select(CalledSubscription)).all()) == 1

    assert sum("called_subscriptions" in each for each in queries) == 1


# --- processes

_SCRIPT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from gateway.counters.local import LocalLedger
from gateway.services.noticing import Noticing
from gateway.store.database import Database

class Dies:
    def left(self, charges):
        os.kill(os.getpid(), signal.SIGKILL)

url, table, at, how = sys.argv[1:]
now = datetime.fromisoformat(at)
ledger = Dies() if how == "dies" else LocalLedger(Path(table), now.timestamp)
noticing = Noticing(Database(url), ledger, lambda *said: "/".join(said))
print("ready", flush=True)
sys.stdin.readline()
print(noticing.notice_due(now), flush=True)
"""


def process(quota, how, after=PAUSE):
    url = quota.database.engine.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-c", _SCRIPT, url, str(quota.path), (quota.now + after).isoformat(), how]
    made = subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def test_two_processes_at_once_write_one_letter(quota):
    quota.call(80)
    both = [process(quota, "looks") for _ in range(2)]
    for each in both:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    told = [int(each.communicate()[0]) for each in both]

    assert sorted(told) == [0, 1]
    assert len(subjects(quota)) == 1


def test_after_a_process_that_was_killed_with_its_claim_another_one_writes_the_letter_once(quota):
    quota.call(80)
    dying = process(quota, "dies")
    dying.communicate("\n")
    assert dying.returncode == -signal.SIGKILL
    assert quota.notice() == 0  # it is claimed

    assert quota.notice(PAUSE + CLAIM) == 1
    assert quota.notice(PAUSE + 2 * CLAIM) == 0
    assert len(subjects(quota)) == 1


def test_the_letter_arrives_by_smtp_once_though_workers_come_and_go(quota, free_port):
    class Inbox:
        def __init__(self):
            self.messages = []

        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            self.messages.append((envelope.rcpt_tos, envelope.content))
            return "250 OK"

    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port)
    controller.start()
    try:
        quota.call(80)
        quota.notice()
        for _ in range(2):  # each is a worker that begins anew
            deliver_due(quota.database, SmtpSender(f"smtp://127.0.0.1:{free_port}", "g@example.ca"), NOW + DAY)
            quota.call(1)
            quota.notice()
    finally:
        controller.stop()

    ((recipients, content),) = inbox.messages
    assert recipients == ["camille@example.org"]
    assert b"Subject: Ovens: 80% of a quota is used" in content
