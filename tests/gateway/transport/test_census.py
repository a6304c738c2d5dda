from gateway.telemetry import measures
from gateway.telemetry.measures import GAUGES
from gateway.telemetry.version_names import VersionNames
from gateway.transport.census import Found, gauges_of
from gateway.upstream.standing import Standing, TargetStanding
from tests.builders import a_snapshot

TARGET = TargetStanding("env_1", "http://inside.example:8080/base", "resting", 3)
STANDING = Standing(waiting=4, targets=(TARGET,), busy=5, idle=6, opening=7)


def told(found, *, ledger_answers=True):
    gauges = gauges_of(found, VersionNames(a_snapshot), ledger_answers=ledger_answers)
    return {(measure.name, labels): value for measure, labels, value in gauges}


def test_all_that_was_found_is_told():
    labels = ("weather", "1", TARGET.address)

    assert told(Found(STANDING, 8, 9, 10)) == {
        ("guichet_workers", ()): 1,
        ("guichet_calls_in_flight", ()): 8,
        ("guichet_calls_waiting", ()): 4,
        ("guichet_client_connections", ()): 9,
        ("guichet_tunnels", ()): 10,
        ("guichet_service_connections", ("busy",)): 5,
        ("guichet_service_connections", ("idle",)): 6,
        ("guichet_service_connections", ("opening",)): 7,
        ("guichet_target_calls_in_flight", labels): 3,
        ("guichet_target_state", (*labels, "resting")): 1,
        ("guichet_ledger_away_workers", ()): 0,
    }


def test_what_is_not_known_is_not_told():
    names = {name for name, _ in told(Found(STANDING, 8))}

    assert not names & {measures.CLIENTS.name, measures.TUNNELS.name}


def test_a_ledger_that_does_not_answer_is_told():
    assert told(Found(STANDING, 8), ledger_answers=False)[measures.LEDGER_AWAY.name, ()] == 1


def test_every_gauge_has_the_labels_that_it_says():
    gauges = list(gauges_of(Found(STANDING, 8, 9, 10), VersionNames(a_snapshot), ledger_answers=True))

    assert {measure for measure, _, _ in gauges} == set(GAUGES)
    assert all(len(labels) == len(measure.labels) for measure, labels, _ in gauges)
