"""The whole journey of README, by a person in a browser with scripts off, once in each language."""

import email
import email.policy
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import servers
from gateway.words import Language
from tests.fixtures.demonstration import Demonstration
from tests.house.sources import ROOT
from tests.journeys.walking import Walker

DOCUMENT = ROOT / "demo" / "documents" / "air-quality.yaml"
FIRST_PATH = "/stations"


@pytest.fixture(scope="module")
def service() -> Iterator[servers.Service]:
    """A department's service."""
    started = servers.start("demo.air_quality", 0)
    yield started
    servers.stop([started])


@pytest.fixture(params=["en", "fr"])
def walker(request, browser, demonstration) -> Iterator[Walker]:
    """Someone whose browser runs no scripts."""
    language: Language = request.param
    context = browser.new_context(java_script_enabled=False, locale=f"{language}-CA")
    yield Walker(context.new_page(), demonstration, language)
    context.close()


def test_from_a_document_to_a_suspension(walker: Walker, service: servers.Service, tmp_path: Path):
    name = f"clean-air-{walker.language}"
    store = walker.store

    publish(walker, name, service.port, tmp_path)
    client_id, secret, curl = subscribe(walker, name)

    answered = subprocess.run(["/bin/bash", "-c", curl], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(answered.stdout)["total"] == 9
    token = store.token(client_id, secret)
    first = store.call(f"/api/{name}/v1{FIRST_PATH}", headers={"Authorization": f"Bearer {token}"})
    assert first.status == 200
    assert first.headers["RateLimit"].startswith('"minute";r=')
    assert first.headers["X-Request-Id"].startswith("req_")
    refused = store.call(f"/api/{name}/v1/nowhere", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status, refused.json()["code"]) == (404, "undeclared-path")

    look_at_usage(walker, client_id, name, first.headers["RateLimit"])
    ask_why(walker, refused.headers["X-Request-Id"])
    suspend(walker, client_id)
    after = store.call(f"/api/{name}/v1{FIRST_PATH}", headers={"Authorization": f"Bearer {token}"})
    assert (after.status, after.json()["code"]) == (403, "application-suspended")


def publish(walker: Walker, name: str, port: int, tmp_path: Path) -> None:
    """Step 1: a department brings its document, its address and a plan, and publishes."""
    walker.sign_in("environment@example.org", walker.store.passwords["environment@example.org"])
    walker.go("new_api")
    words = {"title_en": f"Clean air {walker.language}", "title_fr": f"Air pur {walker.language}"}
    assert walker.send({"name": name, **words}) == 200

    broken = tmp_path / "broken.yaml"
    broken.write_text(DOCUMENT.read_text(encoding="utf-8").replace("paths:", "chemins:", 1), encoding="utf-8")
    walker.go("upload", name=name, major=1)
    assert walker.send({}, {"document": broken}) == 422
    assert walker.page.locator("main table tbody tr").count() >= 1
    walker.go("upload", name=name, major=1)
    assert walker.send({}, {"document": DOCUMENT}) == 200
    assert walker.reads(FIRST_PATH)

    walker.go("upstream", name=name, major=1)
    assert walker.send({"targets.0.base_url": "http://169.254.169.254/"}) == 422
    assert walker.send({"targets.0.base_url": f"http://127.0.0.1:{port}"}) == 200
    walker.go("new_plan", name=name)
    plan: dict[str, str | bool] = {
        "code": "basic",
        "name_en": "Basic",
        "name_fr": "De base",
        "per_minute": "60",
        "per_day": "1000",
    }
    assert walker.send(plan | {"allows_api_key": True}) == 200
    walker.go("edit_api", name=name)
    texts = {"description_en": "Air for an aardvark.", "description_fr": "L’air d’un oryctérope."}
    assert walker.send({key: f"{text} {walker.language}" for key, text in texts.items()}) == 200

    walker.go("manage_version", name=name, major=1)
    button = walker.page.locator(f"form[action='{walker.address('publish_version', name=name, major=1)}'] button")
    assert walker.press(button.first) == 200
    assert walker.go("api", name=name).status == 200


def subscribe(walker: Walker, name: str) -> tuple[str, str, str]:
    """Step 2: a developer signs up, finds the API by a word of its description, reads, subscribes."""
    address, password = f"camille-{walker.language}@example.org", f"une phrase longue {walker.language}"
    walker.page.context.clear_cookies()
    walker.go("sign_up")
    person: dict[str, str | bool] = {"name": "Camille Roy", "email": address, "password": password, "terms": True}
    assert walker.send(person) == 200
    walker.page.goto(link_in_mail(walker.store, address))
    assert walker.send({"password": password}) == 200

    walker.page.goto(f"{walker.store.portal}{walker.address('catalogue')}?q=orycterope")
    walker.press(walker.page.locator(f"main a[href='{walker.address('api', name=name)}']").first)
    walker.go("reference", name=name, major=1)
    walker.press(walker.page.locator("main a[href*='/operations/']").first)
    assert walker.reads("/stations")

    walker.go("subscribe", name=name, major=1)
    assert walker.send({"plan_id": first_plan(walker), "name": f"Runner {walker.language}"}) == 200
    curl = walker.page.locator("#first-call").inner_text()
    return walker.page.locator("#client-id").inner_text(), walker.page.locator("#client-secret").input_value(), curl


def ask_why(walker: Walker, request_id: str) -> None:
    """Step 5: whoever has the number of a refused request is told why; here it is the department."""
    walker.go("find_call")
    walker.page.fill("#request_id", request_id)
    walker.press(walker.page.locator("main form button").first)
    assert walker.page.locator(f"main a[href='{walker.address('error', code='undeclared-path')}']").count() == 1


def look_at_usage(walker: Walker, client_id: str, name: str, told: str) -> None:
    """Step 5: each sees what happened; what is left is the number that the last answer told."""
    reason = f"main a[href='{walker.address('error', code='undeclared-path')}']"
    assert walker.comes_to_see(reason, "application", application_id=client_id)
    left = re.search(r'"minute";r=(\d+)', told)
    assert left
    shown = walker.page.locator("meter[max='60']").first.get_attribute("value")
    assert shown in {left[1], "60"}  # a new minute may have begun
    walker.sign_in("environment@example.org", walker.store.passwords["environment@example.org"])
    walker.go("api_usage", name=name)
    assert walker.reads(f"Runner {walker.language}")


def suspend(walker: Walker, client_id: str) -> None:
    """Step 5: the operator sees all of it, and suspends the application."""
    walker.sign_in("operator@example.org", walker.store.passwords["operator@example.org"])
    walker.go("operate")
    assert walker.reads(f"Runner {walker.language}")
    walker.go("suspend_application", application_id=client_id)
    assert walker.send({"reason": "Essai / test"}) == 200


def first_plan(walker: Walker) -> str:
    return walker.page.locator("[name=plan_id]").first.get_attribute("value") or ""


def link_in_mail(store: Demonstration, address: str) -> str:
    """The link in the message to an address; asking for the page again gives the mail time to be written."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for path in (store.data / "mail").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = message.get_body()
            if body and address in str(message["To"]):
                found = re.search(r"http://\S+", body.get_content())
                if found:
                    return found[0]
        store.call("/healthz")
    raise AssertionError(f"no message for {address}")
