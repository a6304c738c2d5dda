"""Every rule of HTTP that the gateway holds, as bytes, through every lane: tests/wire/README.md."""

import pytest

from tests.wire.cases import read_cases
from tests.wire.playing import play


def named(folder):
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in read_cases(folder)])


@named("valid")
def test_what_is_allowed_goes_through_and_nothing_else(lane, case):
    play(lane, case)


@named("invalid")
def test_what_is_not_allowed_is_refused_and_reaches_nobody(lane, case):
    play(lane, case)


@named("replies")
def test_a_service_answers_and_the_client_gets_what_it_may(lane, case):
    play(lane, case)
