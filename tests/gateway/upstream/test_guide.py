"""The figures that publisher.md tells are those that hold."""

import re

import pytest

from gateway.pipeline.service import Service, Waits
from gateway.upstream.balancing import FAILED_CHECKS, FAILED_REPLIES
from gateway.upstream.breaker import FIRST_REST, LIMIT, LONGEST_REST
from gateway.upstream.checking import _UNHEALTHY, AWAKE
from gateway.upstream.crowding import MOST_WAITING
from gateway.upstream.naming import FRESH, LAST_GOOD
from gateway.upstream.retrying import IDEMPOTENT, SAVED, SHARE
from gateway.upstream.sending import MAX_AGE_SECONDS
from tests.builders import a_target
from tests.house.sources import ROOT

WAITS = Waits()
FIGURES = [
    *(WAITS.connect, 504, WAITS.first_byte, 504, WAITS.idle, 504),
    *(Service((a_target(),)).retries, SAVED, SHARE * 100),
    *sorted(FAILED_REPLIES),
    *(LIMIT, FIRST_REST, LONGEST_REST, _UNHEALTHY, FAILED_CHECKS, AWAKE / 60),
    *(Service((a_target(),)).most_in_flight, MOST_WAITING, 503, 503),
    *(FRESH, LAST_GOOD, MAX_AGE_SECONDS),
]


def section(language):
    guide = (ROOT / f"docs/{language}/publisher.md").read_text(encoding="utf-8")
    (found,) = [part for part in guide.split("\n## ") if "Retry-After" in part]
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_figures_of_the_guide_are_those_that_hold(language):
    told = re.findall(r"\d+", section(language).replace("RFC 9209", ""))

    assert [float(figure) for figure in told] == FIGURES
    assert WAITS.total is None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_methods_that_are_tried_again_are_all_named(language):
    assert set(re.findall(r"\b[A-Z]{3,7}\b", section(language))) - {"TLS", "RFC", "WSGI", "URL"} == IDEMPOTENT
