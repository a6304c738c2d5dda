"""A person at a browser without scripts: goes to pages by name, fills forms by field, reads what is there."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Response

from gateway.words import Language
from portal.slugs import SLUGS
from tests.fixtures.demonstration import Demonstration

CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Walker:
    """One person, in one language. Answers of 500 and more fail the walk wherever they come."""

    page: Page
    store: Demonstration
    language: Language

    def address(self, slug: str, /, **values: object) -> str:
        """The path of a page, by its name in the table of slugs."""
        return CONVERTER.sub(lambda found: str(values[found[1]]), SLUGS[slug].rule(self.language))

    def go(self, slug: str, /, **values: object) -> Response:
        """Open a page."""
        answer = self.page.goto(self.store.portal + self.address(slug, **values))
        assert answer
        assert answer.status < 500
        return answer

    def send(self, fields: Mapping[str, str | bool], files: Mapping[str, Path] | None = None) -> int:
        """Fill the form of the page by the names of its fields, send it; the status of the answer."""
        form = self.page.locator("main form").first
        for name, value in fields.items():
            control = form.locator(f"[name='{name}']")
            if isinstance(value, bool):
                control.set_checked(value)
            elif control.first.get_attribute("type") == "radio":
                form.locator(f"[name='{name}'][value='{value}']").check()
            elif control.evaluate("control => control.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        for name, path in (files or {}).items():
            form.locator(f"[name='{name}']").set_input_files(path)
        return self.press(form.locator("button").last)

    def press(self, button: object) -> int:
        """Press a button or follow a link; the status of the page that comes (after redirections)."""
        with self.page.expect_navigation() as coming:
            button.click()  # type: ignore[attr-defined]  # a Locator
        assert coming.value.status < 500
        return int(coming.value.status)

    def reads(self, words: str) -> bool:
        """Whether the page's content holds these words."""
        return words in self.page.locator("main").inner_text()

    def comes_to_see(self, selector: str, slug: str, /, **values: object) -> bool:
        """Whether something appears on a page that is opened again and again: other workers count within a second."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            self.go(slug, **values)
            if self.page.locator(selector).count():
                return True
        return False

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as somebody."""
        self.page.context.clear_cookies()
        self.go("sign_in")
        assert self.send({"email": email, "password": password}) == 200
        assert self.page.locator("header details.menu").count() == 1
