from datetime import UTC, datetime, timedelta

import pytest
from marshmallow import ValidationError

from gateway.pipeline.decision import decide
from gateway.plugin import Registry
from gateway.plugin.trying import settings_of
from plugins import Maintenance
from tests.builders import APPLICATION, NOW, a_bearer_call, a_budget, a_consumer, a_reply, a_snapshot
from tests.replay import replay

UNTIL = datetime.fromtimestamp(NOW, UTC) + timedelta(hours=1)


def play(until, *answers, language="en"):
    bindings = Registry([Maintenance()]).bind({"maintenance": {"until": until}})
    call = a_bearer_call(language=language)
    return replay(decide(call, a_snapshot(plugins=bindings)), answers)


@pytest.mark.parametrize(("language", "words"), [("en", "It answers again from"), ("fr", "Elle répondra de nouveau")])
def test_calls_are_answered_in_both_languages_until_the_work_is_over(language, words):
    played = play(UNTIL.isoformat(), language=language)

    (row,) = Maintenance.refusals
    assert (played.reply.status, played.problem["code"]) == (row.status, row.code) == (503, "under-maintenance")
    assert played.problem["detail"].startswith(words)
    assert played.reply.headers.get("Retry-After") == UNTIL.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_calls_pass_from_the_announced_moment_on():
    over = datetime.fromtimestamp(NOW, UTC).isoformat()

    assert play(over, a_consumer(), a_budget(), a_reply()).reply.status == 200


def test_nobody_is_asked_who_calls_and_nothing_is_counted():
    played = play(UNTIL.isoformat())

    assert played.asked == ["Record"]
    assert "RateLimit" not in played.reply.headers
    assert (played.event.refusal, played.event.operation) == ("under-maintenance", "GET /stations")
    assert played.event.application_id == APPLICATION


@pytest.mark.parametrize("until", ["2026-12-01T06:00:00", "tomorrow", None])
def test_the_moment_must_be_named_with_its_offset(until):
    with pytest.raises(ValidationError):
        settings_of(Maintenance(), {"until": until})
