import signal
import subprocess
import sys

import pytest

from demo.service import BAD_REQUEST, NOT_FOUND, Asked, answer
from tests.house.sources import ROOT

ROUTES = {("GET", "/things/([^/]+)"): lambda asked: (200, [asked.parts[0], asked.query.get("a"), asked.body])}


def test_a_route_gets_the_parts_the_query_and_the_body():
    assert answer(ROUTES, "GET", "/things/one?a=1&a=2", b'{"b": 3}') == (200, ["one", "1", {"b": 3}])


@pytest.mark.parametrize(("method", "target"), [("GET", "/nothing"), ("POST", "/things/one")])
def test_what_is_not_declared_is_not_found(method, target):
    assert answer(ROUTES, method, target, b"") == NOT_FOUND


def test_a_body_that_is_no_json_is_the_callers_fault():
    assert answer(ROUTES, "GET", "/things/one", b"{") == BAD_REQUEST


def test_an_asked_question_does_not_change():
    with pytest.raises(AttributeError):
        Asked((), {}, None).body = 1  # type: ignore[misc]


def test_a_service_ends_when_whoever_started_it_is_gone():
    started = subprocess.Popen(
        [sys.executable, "-m", "demo.ferries", "0"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdout
    assert int(started.stdout.readline()) > 0

    started.communicate(timeout=10)  # closes its standard input, as our death would

    assert started.returncode == 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_service_that_is_told_to_end_says_nothing_about_it(sent):
    started = subprocess.Popen(
        [sys.executable, "-m", "demo.ferries", "0"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stdout
    assert int(started.stdout.readline()) > 0

    started.send_signal(sent)

    _, said = started.communicate(timeout=10)
    assert said == b""
