"""Single calls, and why one was refused."""

import csv
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import quote

import pytest

from tests.fixtures.consuming import finished


@pytest.fixture
def called(world):
    """Four calls of just now, one of them refused, one let down, still in the journal; their ids."""
    ids = []
    for status, refusal in ((200, ""), (200, ""), (429, "quota-spent"), (504, "upstream-timeout")):
        done = finished(
            api_id=world.id("holidays"),
            application_id=world.id("application"),
            status=status,
            refusal=refusal,
            received_at=time.time(),
        )
        world.recorder.record(done)
        ids.append(done.event.request_id)
    return ids


def calls(world, query=""):
    return world.get(f"/v1/applications/{world.id('application')}/calls{query}", by="developer")


def test_the_latest_calls_say_why_they_were_refused(world, called):
    listed = calls(world)

    assert [each["request_id"] for each in listed["items"]] == called[::-1]
    assert [(each["status"], each["refusal"]) for each in listed["items"]][:2] == [
        (504, "upstream-timeout"), (429, "quota-spent"),
    ]  # fmt: skip
    assert (listed["total"], listed["page"]) == (4, 1)


def test_they_are_narrowed_down_and_paged(world, called):
    tomorrow = quote((datetime.now(UTC) + timedelta(days=1)).isoformat())

    assert [each["request_id"] for each in calls(world, "?status_class=4")["items"]] == [called[2]]
    assert calls(world, "?refusal=none&per_page=1")["total"] == 2
    assert calls(world, f"?api_id={world.id('draft')}")["total"] == 0
    assert calls(world, f"?since={tomorrow}")["total"] == 0
    assert calls(world, f"?until={tomorrow}")["total"] == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [("status_class=9", "status_class"), ("since=yesterday", "since"), ("until=2026-11-22T12:00:00", "until")],
)
def test_what_cannot_be_asked_is_told(world, query, field):
    reply = world.ask("GET", f"/v1/applications/{world.id('application')}/calls?{query}", by="developer")

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, field)


def test_the_same_comes_as_a_file(world, called):
    path = f"/v1/applications/{world.id('application')}/calls.csv?refusal=any"

    reply = world.ask("GET", path, by="developer")
    again = world.ask("GET", path, by="developer", headers={"If-None-Match": reply.headers["ETag"]})

    rows = list(csv.DictReader(StringIO(reply.text[1:], newline="")))
    assert reply.mimetype == "text/csv"
    assert [row["request_id"] for row in rows] == [called[3], called[2]]
    assert rows[1]["refusal"] == "quota-spent"
    assert again.status_code == 304


def test_why_a_call_was_refused_is_told_in_the_language_asked_for(world, called):
    path = f"/v1/calls/{called[2]}"

    english = world.get(path, by="developer", headers={"Accept-Language": "en"})
    french = world.get(path, by="publisher", headers={"Accept-Language": "fr"})
    both = world.get(path, by="operator")

    assert (english["outcome"], english["application"], english["api"]) == ("refused", "Ovens", "holidays")
    assert (english["reason"], french["reason"]) == ("The plan’s limit is reached", "La limite du forfait est atteinte")
    assert both["reason"] == {"en": english["reason"], "fr": french["reason"]}
    assert "Retry-After" in english["remedy"]
    assert english["documentation"].endswith("/errors/quota-spent")


def test_a_call_that_was_let_down_or_answered_is_told_as_such(world, called):
    let_down, answered = (world.get(f"/v1/calls/{each}", by="developer") for each in (called[3], called[0]))

    assert (let_down["outcome"], answered["outcome"]) == ("failed", "answered")
    assert (answered["reason"], answered["remedy"], answered["documentation"]) == (None, None, None)


def test_an_unknown_id_says_what_is_kept_and_for_how_long(world, called):
    for who, request_id in (("developer", "req_never"), ("stranger", called[0])):
        reply = world.ask("GET", f"/v1/calls/{request_id}", by=who, headers={"Accept-Language": "en"})

        assert (reply.status_code, reply.json["code"]) == (404, "call-unknown")
        assert "last 1,000 calls of each application are kept, for 90 days" in reply.json["detail"]
