"""A department opens an API to whoever calls without a key, and closes it again, in a browser with scripts off."""

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from gateway.words import Language
from tests.journeys.walking import Walker

NAME = "air-quality"


@pytest.fixture(params=["en", "fr"])
def publisher(request, browser, demonstration) -> Iterator[Walker]:
    """The publisher of the demonstration's department."""
    language: Language = request.param
    context = browser.new_context(java_script_enabled=False, locale=f"{language}-CA")
    walker = Walker(context.new_page(), demonstration, language)
    walker.sign_in("environment@example.org", demonstration.passwords["environment@example.org"])
    yield walker
    context.close()


def test_whoever_reads_the_page_calls_without_a_key_until_the_plan_is_closed(publisher: Walker):
    publisher.go("new_plan", name=NAME)
    names: dict[str, str | bool] = {"code": f"open-{publisher.language}", "name_en": "Open", "name_fr": "Libre"}
    assert publisher.send(names | {"keyless": True, "per_minute": "", "per_day": "2"}) == 200

    publisher.page.context.clear_cookies()
    publisher.go("api", name=NAME)
    curl = publisher.page.locator("#open-call").inner_text()
    assert status_of(publisher, 200) == 200
    said = subprocess.run(["/bin/bash", "-c", curl], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(said.stdout)["total"] == 9
    refused = publisher.store.call(f"/api/{NAME}/v1/stations")
    assert (refused.status, refused.json()["code"]) == (429, "quota-spent")
    assert refused.headers["RateLimit-Policy"] == '"address-day";q=2;w=86400'
    assert publisher.page.goto(refused.json()["more"])

    publisher.sign_in("environment@example.org", publisher.store.passwords["environment@example.org"])
    publisher.go("manage_api", name=NAME)
    close = publisher.page.locator("main tr", has_text=f"open-{publisher.language}").locator("a").last
    assert publisher.press(close) == 200
    assert publisher.press(publisher.page.locator("main form button").last) == 200
    assert status_of(publisher, 401) == 401


def status_of(walker: Walker, wanted: int) -> int:
    """Of a call without a key; what was changed is in force on every worker in under a second."""
    until = time.monotonic() + 10
    while (status := walker.store.call(f"/api/{NAME}/v1/stations").status) != wanted and time.monotonic() < until:
        pass
    return status
