"""Every page that somebody can reach by links, in both languages: accessible (axe, WCAG 2.0 to 2.2 A and AA), no wider
than 320 pixels, with a title of its own and no error in the browser's console.

The pages are found by walking, so a new one is looked at without being listed here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from gateway.words import Language
from portal.slugs import SLUGS
from tests.fixtures.demonstration import Demonstration
from tests.journeys.walking import CONVERTER, Walker

PEOPLE = {
    "visitor": "",
    "developer": "developer@example.org",
    "publisher": "environment@example.org",
    "operator": "operator@example.org",
}
EMPTY_FORMS = {
    "visitor": ("sign_up", "sign_in", "check_mail", "forgotten_password"),
    "developer": ("new_application", "account_tokens", "webhooks"),
    "publisher": ("new_api", "new_plan", "upload", "upstream"),
    "operator": ("new_department", "suspend_application"),
}
"""Forms that are sent as they are, to see the page that says what is wrong."""

NEVER_LINKED = {
    "document", "revision", "sign_out", "verify_email", "reset_password", "account_sessions", "revoke_token",
    "new_version", "publish_version", "resume_subscription", "resume_application", "remove_member", "remove_colleague",
    "retire_version", "application_calls_file", "application_usage_file", "api_usage_file", "webhook", "send_again",
    "webhook_secret", "remove_webhook", "test_webhook", "enable_webhook",
}  # fmt: skip
"""Downloads, links of messages, addresses that only take forms, pages of states that nothing is in here."""

FAULTS_IN_ORDER = """() => {
  const links = [...document.querySelectorAll('.error-summary a')];
  const fields = links.map(link => document.getElementById(link.hash.slice(1)));
  return fields.every((field, i) => !i || field === fields[i - 1] || fields[i - 1].compareDocumentPosition(field) & 4);
}"""
"""Whether each field that the summary links to follows the one before (4: DOCUMENT_POSITION_FOLLOWING)."""

TALLEST_HEAD = 120
"""In pixels, on a screen that is 375 wide."""

AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


@dataclass
class Seen:
    """What a walk found: page → an address of it; and what is wrong."""

    pages: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_is_accessible_narrow_and_titled(browser, demonstration: Demonstration, language: Language):
    demonstration.call("/api/air-quality/v1/nowhere", headers={"Authorization": f"Bearer {demonstration.token()}"})
    met: set[str] = set()
    faults: list[str] = []
    for person, address in PEOPLE.items():
        context = browser.new_context(viewport={"width": 320, "height": 800}, locale=f"{language}-CA")
        walker = Walker(context.new_page(), demonstration, language)
        if address:
            walker.sign_in(address, demonstration.passwords[address])
        seen = walk(walker)
        send_empty_forms(walker, seen, EMPTY_FORMS[person])
        look_at_the_head(walker.page, seen)
        met |= set(seen.pages)
        faults += [f"{person}: {fault}" for fault in seen.faults]
        context.close()

    assert not faults, "\n".join(faults)
    assert set(SLUGS) - NEVER_LINKED - met == set()


def walk(walker: Walker) -> Seen:
    """Follow links from the home page until every kind of page was seen once."""
    seen = Seen()
    walker.page.on("console", lambda line: seen.faults.append(line.text) if is_fault(line) else None)
    waiting = [walker.address("home")]
    while waiting:
        path = waiting.pop(0)
        name = page_at(path, walker.language)
        if name is None or name in seen.pages or name in NEVER_LINKED:
            continue
        seen.pages[name] = path
        answer = walker.page.goto(walker.store.portal + path)
        if not answer or answer.status != 200:
            seen.faults.append(f"{path} answers {answer.status if answer else 'nothing'}")
            continue
        arrived = page_at(urlsplit(walker.page.url).path, walker.language)
        if arrived in (name, None) or arrived not in seen.pages:
            look(walker.page, arrived or name, seen)
        waiting += walker.page.evaluate("[...document.links].map(link => link.pathname)")
    return seen


def is_fault(line: ConsoleMessage) -> bool:
    """Whether the browser complains; that a form was refused is what some of these pages are for."""
    return line.type == "error" and "status of 422" not in line.text


def send_empty_forms(walker: Walker, seen: Seen, names: tuple[str, ...]) -> None:
    """See what a form says that is sent with nothing in it."""
    for name in names:
        walker.page.goto(walker.store.portal + seen.pages[name])
        walker.page.evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true; })")
        for box in walker.page.locator(
            "main input:not([type=hidden], [type=radio], [type=checkbox], [type=file])"
        ).all():
            box.fill("")
        status = walker.press(walker.page.locator("main form").first.locator("button").last)
        if status != 422 or not walker.page.locator(".error-summary").count():
            seen.faults.append(f"{name}, sent empty, answers {status}")
        elif not walker.page.evaluate(FAULTS_IN_ORDER):
            seen.faults.append(f"{name}, sent empty, names its faults in another order than that of its fields")
        look(walker.page, f"{name} in error", seen)


def look(page: Page, name: str, seen: Seen) -> None:
    """Everything that must hold for one page."""
    for violation in Axe().run(page, options=AXE).response["violations"]:
        places = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        seen.faults.append(f"{name}: {violation['id']}: {places}")
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 320:
        seen.faults.append(f"{name}: {width} pixels wide")
    title = page.title()
    if title in seen.titles:
        seen.faults.append(f"{name} has the title of {seen.titles[title]}: {title}")
    seen.titles[title] = name
    if page.locator("h1").count() != 1:
        seen.faults.append(f"{name}: {page.locator('h1').count()} first headings")


def look_at_the_head(page: Page, seen: Seen) -> None:
    """On a telephone, what every page begins with leaves most of the screen to what was asked for."""
    page.set_viewport_size({"width": 375, "height": 800})
    height = page.evaluate("document.querySelector('header').getBoundingClientRect().height")
    if height > TALLEST_HEAD:
        seen.faults.append(f"the head is {height} pixels high")


def page_at(path: str, language: Language) -> str | None:
    """The page whose rule an address follows; the plainest rule wins."""
    matching = [name for name, rule in rules(language) if rule.fullmatch(path)]
    return min(matching, key=lambda name: len(CONVERTER.findall(SLUGS[name].rule(language))), default=None)


def rules(language: Language) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, slug in SLUGS.items():
        pattern = re.escape(slug.rule(language)).replace(r"<int:major>", r"\d+")
        yield name, re.compile(re.sub(r"<[^>]+>", "[^/]+", pattern))


@pytest.mark.parametrize("path", ["/en/nowhere", "/fr/nulle-part", "/en/apis/nothing-here"])
def test_a_page_that_is_not_there_says_so_plainly_and_accessibly(browser, demonstration, path):
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()

    answer = page.goto(demonstration.portal + path)
    seen = Seen()
    look(page, path, seen)
    context.close()

    assert answer
    assert answer.status == 404
    assert not seen.faults
