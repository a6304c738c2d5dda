from typing import Any

import pytest

from gateway.counters.local import LocalLedger
from gateway.domain.away import WhenAway
from gateway.domain.errors import NOT_FOUND, DomainError
from gateway.domain.plans import Window
from gateway.services import ledger_health, plans
from tests.fixtures.publishing import published_api

MINUTE = (Window("minute", 60),)


@pytest.fixture
def ledger(tmp_path):
    ledger = LocalLedger(tmp_path / "ledger.table", lambda: 0.0)
    yield ledger
    ledger.close()


def look(database, actor, ledger, waits=float):
    with database.read() as session:
        return ledger_health.look(session, actor, ledger, waits)


def test_it_tells_what_open_plans_do_without_it(database, operator, publisher, department, ledger):
    choices: tuple[WhenAway, ...] = ("share", "refuse")
    with database.begin() as session:
        api = published_api(session, publisher, department)
        for choice in choices:
            words: dict[str, Any] = {"code": choice, "name_en": "A", "name_fr": "B"}
            plan = plans.create_plan(
                session, publisher, api.id, **words, windows=MINUTE, allows_api_key=False, when_away=choice
            )
        plans.close_plan(session, publisher, plan.id)

    health = look(database, operator, ledger, lambda: 12.5)

    assert health.plans == {"refuse": 0, "leased": 1, "share": 1}
    assert (health.answers, health.usage_waits) == (True, 12.5)


def test_a_ledger_that_cannot_be_read_does_not_answer(database, operator, tmp_path):
    assert not look(database, operator, LocalLedger(tmp_path, lambda: 0.0)).answers


def test_only_who_runs_the_store_is_told(database, publisher, ledger):
    with pytest.raises(DomainError) as error:
        look(database, publisher, ledger)
    assert error.value.kind is NOT_FOUND
