"""The parts of the portal together."""

import re

import pytest
from flask import Flask

from gateway.domain.roles import OrganisationKind, Role
from gateway.words import LANGUAGES
from portal.security_headers import CONTENT_SECURITY_POLICY
from portal.site import install_portal, link_to
from portal.slugs import SLUGS, has_page
from tests.fixtures.publishing import organisation


@pytest.mark.parametrize("page", SLUGS)
def test_every_address_has_its_page(site, page):
    with site.app.app_context():
        assert has_page(page)


@pytest.mark.parametrize(("purpose", "language", "expected"), [
    ("verify", "en", "https://guichet.test/en/verify-email/t0"),
    ("reset", "fr", "https://guichet.test/fr/connexion/nouveau-mot-de-passe/t0"),
])  # fmt: skip
def test_the_link_of_a_message_leads_to_a_page(site, purpose, language, expected):
    link = link_to("https://guichet.test")(purpose, language, "t0")

    assert link == expected
    # The token is nobody's: the page is there and says so.
    assert "<h1>" in site.app.test_client().get(link.removeprefix("https://guichet.test")).text


def sections(text: str) -> list[str]:
    """The entries of the main navigation, by their addresses."""
    navigation = text.partition('class="mainnav')[2].partition("</nav>")[0]
    return re.findall(r'href="([^"]*)"', navigation)


def test_each_person_sees_the_sections_that_are_open_to_them(database, visitor, sign_in, consumer, department):
    office = organisation(database, kind=OrganisationKind.OPERATOR, slug="office", name_en="Office", name_fr="Bureau")

    assert sections(visitor.get("/en/").text) == ["/en/apis", "/en/sign-up"]
    assert sections(sign_in({consumer: Role.DEVELOPER}).get("/en/").text) == ["/en/apis", "/en/applications"]
    assert sections(sign_in({department: Role.PUBLISHER}).get("/en/").text) == ["/en/apis", "/en/publish"]
    assert sections(sign_in({office: Role.OPERATOR}).get("/en/").text) == ["/en/apis", "/en/publish", "/en/operate"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_carries_the_guards(visitor, language):
    answer = visitor.get(f"/{language}/")

    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_portal_may_be_installed_in_two_applications(site, visitor):
    other = Flask("other", static_folder=None)
    other.secret_key = "for tests only"
    other.extensions["guichet"] = site.house
    install_portal(other)

    assert other.test_client().get("/en/").status_code == 200
    assert visitor.get("/en/").status_code == 200
