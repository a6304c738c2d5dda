import pytest

from bench.figures import Figure, Measured
from bench.goals import GOALS, Goal
from bench.scenarios import SCENARIOS
from gateway.words import Words

MORE = Goal(Words("more", "plus"), lambda _: None, must=0.5, aim=0.7)
LESS = Goal(Words("less", "moins"), lambda _: None, must=3, aim=1, is_most=True)


@pytest.mark.parametrize(
    ("goal", "median", "kept"),
    [
        (MORE, 0.7, "aim"),
        (MORE, 0.5, "must"),
        (MORE, 0.49, ""),
        (LESS, 1, "aim"),
        (LESS, 3, "must"),
        (LESS, 3.1, ""),
    ],
)
def test_the_median_keeps_the_aim_or_the_must_or_neither(goal, median, kept):
    assert goal.met(Figure(median, 0, 100)) == kept


def test_an_aim_is_never_easier_than_its_must():
    assert all(goal.aim <= goal.must if goal.is_most else goal.aim >= goal.must for goal in GOALS)


def test_every_goal_is_measured_once_each_scenario_has_told_its_figures():
    everything = Measured()
    whats = ["calls/s", "p99 ms", "added p50 ms", "added p99 ms", "KiB each", "p99 ms alone", "p99 ms among them"]
    whats += [f"{what} {direction}" for what in ("MiB/s", "KiB growth") for direction in ("down", "up")]
    for scenario in SCENARIOS:
        for who in scenario.who:
            everything.add(scenario.name, who, 0, dict.fromkeys(whats, 1024.0))

    assert all(goal.figure(everything) for goal in GOALS)
    assert not any(goal.figure(Measured()) for goal in GOALS)


def test_the_greater_growth_of_the_two_directions_counts_in_mebibytes():
    growth = next(goal for goal in GOALS if goal.unit == "MiB")
    kept = Measured()
    kept.add("bulk", "ours", 0, {"KiB growth down": 1024, "KiB growth up": 2048})

    assert growth.figure(kept) == Figure(2, 2, 2)
