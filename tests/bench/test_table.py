import pytest

from bench.figures import Measured
from bench.scenarios import SCENARIOS
from bench.table import everything, markdown, number, wanted


@pytest.mark.parametrize(
    ("value", "en", "fr"),
    [
        (1234.5, "1,234", "1\u00a0234"),
        (123.4, "123", "123"),
        (12.34, "12.3", "12,3"),
        (1.234, "1.23", "1,23"),
        (0.0123, "0.012", "0,012"),
        (-12.34, "-12.3", "-12,3"),
    ],
)
def test_a_number_is_written_as_its_language_does(value, en, fr):
    assert (number(value, "en"), number(value, "fr")) == (en, fr)


def some_figures() -> Measured:
    kept = Measured()
    for turn, (ours, nginx) in enumerate([(60, 100), (80, 100), (70, 100)]):
        kept.add("json", "ours", turn, {"calls/s": ours})
        kept.add("json", "nginx", turn, {"calls/s": nginx})
    return kept


def test_a_goal_is_told_with_its_bounds_its_ratio_and_whether_it_is_kept():
    rows = {language: list(wanted(some_figures(), language))[2] for language in ("en", "fr")}

    assert rows["en"] == ("| small JSON, beside nginx | ≥ 0.500 × | ≥ 0.700 × | 0.700 × (0.600 – 0.800) | aim |")
    assert rows["fr"] == (
        "| petit JSON, face à nginx | ≥ 0,500\u00a0× | ≥ 0,700\u00a0× | 0,700\u00a0× (0,600 – 0,800) | visé |"
    )


def test_what_was_not_measured_says_so():
    assert "| not measured |  |" in list(wanted(Measured(), "en"))[2]


def test_both_languages_have_the_same_rows():
    kept = some_figures()
    for scenario in SCENARIOS:
        kept.add(scenario.name, "ours", 0, {"p99 ms": 1.0})

    english, french = (markdown(kept, language).splitlines() for language in ("en", "fr"))

    assert [line.count("|") for line in english] == [line.count("|") for line in french]


def test_each_contestant_has_its_own_row():
    assert list(everything(some_figures(), "en"))[2:] == [
        "| 424-byte JSON | calls/s | ours | 70.0 | 60.0 – 80.0 |",
        "| 424-byte JSON | calls/s | nginx | 100 | 100 – 100 |",
    ]
