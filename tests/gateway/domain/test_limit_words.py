import pytest

from gateway.domain.limit_words import words_of
from gateway.domain.plans import KINDS, PERIODS, PERS, Window
from gateway.words import Words


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (Window("minute", 60), Words("60 calls a minute", "60 appels par minute")),
        (Window("month", 1), Words("1 call a month", "1 appel par mois")),
        (Window("day", 5, "rolling"), Words("5 calls in any 24 hours", "5 appels sur 24 heures glissantes")),
        (
            Window("second", 10, "rate", burst=20),
            Words("10 calls a second, up to 20 at once", "10 appels par seconde, jusqu’à 20 en rafale"),
        ),
        (
            Window("call", 5, "concurrency"),
            Words("5 calls under way at the same time", "5 appels en cours en même temps"),
        ),
        (
            Window("day", 9, per="user"),
            Words("9 calls a day for each end user", "9 appels par jour pour chaque utilisateur final"),
        ),
        (
            Window("week", 9, per="credential"),
            Words("9 calls a week for each credential", "9 appels par semaine pour chaque justificatif"),
        ),
    ],
)
def test_a_limit_is_told_in_both_languages(window, words):
    assert words_of(window) == words


def test_no_two_limits_are_told_alike():
    windows = [Window(period, 9, kind, per=per) for kind in KINDS for period in PERIODS[kind] for per in PERS]

    assert len({words_of(window).en for window in windows}) == len({words_of(window).fr for window in windows})
    assert len({words_of(window).en for window in windows}) == len(windows)
