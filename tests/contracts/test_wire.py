"""Every rule of HTTP that the gateway holds, as bytes, through every lane: tests/wire/README.md."""

import pytest

from tests.fixtures.lanes import LANES, gunicorn
from tests.wire.cases import read_cases
from tests.wire.playing import Lane, play
from tests.wire.service import recording


def named(folder, beginning=""):
    chosen = [case for case in read_cases(folder) if case.name.startswith(beginning)]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in chosen])


@pytest.fixture(scope="module", params=LANES)
def upgrading_lane(request, tmp_path_factory):
    """Each lane, before a service that may be asked to speak another protocol."""
    folder = tmp_path_factory.mktemp(f"upgrading-{request.param}")
    with (
        recording() as service,
        gunicorn(LANES[request.param], service.port, folder, LANE_ALLOWS_UPGRADE="yes") as master,
    ):
        yield Lane(request.param, master.port, service)


@named("valid")
def test_what_is_allowed_goes_through_and_nothing_else(lane, case):
    play(lane, case)


@named("invalid")
def test_what_is_not_allowed_is_refused_and_reaches_nobody(lane, case):
    play(lane, case)


@named("replies")
def test_a_service_answers_and_the_client_gets_what_it_may(lane, case):
    play(lane, case)


@named("valid", "28-a-request-hidden")
def test_where_an_upgrade_is_allowed_a_body_is_a_body_all_the_same(upgrading_lane, case):
    play(upgrading_lane, case)
