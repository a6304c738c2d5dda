"""A person who clicks twice, as on a desk, sees what one click would have shown: with scripts and without."""

from collections.abc import Iterator

import pytest

from tests.journeys.walking import Walker


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def developer(request, browser, demonstration) -> Iterator[Walker]:
    """The demonstration's developer, signed in."""
    context = browser.new_context(java_script_enabled=request.param, locale="en-CA")
    walker = Walker(context.new_page(), demonstration, "en")
    walker.sign_in("developer@example.org", demonstration.passwords["developer@example.org"])
    yield walker
    context.close()


def click_twice(walker: Walker) -> None:
    """On the button of the page's form, as a double click does."""
    walker.page.locator("main form button").last.dblclick()
    walker.page.wait_for_load_state("networkidle")


def applications(walker: Walker) -> int:
    """How many applications the developer has."""
    walker.go("applications")
    return walker.page.locator("main a[href*='/applications/app_']").count()


def test_a_secret_is_shown_and_made_once(developer: Walker):
    client_id = developer.store.told["client_id"]
    developer.go("application", application_id=client_id)
    before = developer.page.locator("main").inner_text().count("gcs_")

    developer.go("new_credential", application_id=client_id)
    name = f"Twice {id(developer)}"
    developer.page.fill("[name='name']", name)
    click_twice(developer)

    assert developer.page.locator("#secret").input_value().startswith("gcs_")
    developer.go("application", application_id=client_id)
    assert developer.page.locator("main").inner_text().count("gcs_") == before + 1


def test_an_application_is_registered_once(developer: Walker):
    before = applications(developer)

    developer.go("new_application")
    developer.page.fill("[name='name']", f"Twice {id(developer)}")
    click_twice(developer)

    assert developer.page.locator("main h1").inner_text().startswith("Twice")
    assert applications(developer) == before + 1
