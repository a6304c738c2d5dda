"""Every page that names something of somebody's × whoever has no part in it: made from the table of routes.

To them it does not exist: neither its page, nor what a form there would do (OWASP API1:2023 and API5:2023). A page
added later is asked here by itself.
"""

import re
import time
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from gateway.domain.roles import OrganisationKind, Role
from gateway.services import applications, credentials, subscriptions, tokens, webhooks
from gateway.services.actor import utc_now
from gateway.services.sessions import actor_for, open_session
from gateway.store.accounts import Account, Membership
from gateway.store.audit import AuditEvent
from portal.slugs import SLUGS
from tests.fixtures.consuming import finished
from tests.fixtures.people import an_account
from tests.fixtures.publishing import described_api, organisation, ready_version
from tests.portal.browsing import Browser, upstream_form

FOR_EVERYONE = {"error", "portal_operation", "verify_email", "reset_password"}
"""Pages with a part that is nobody's, or that whoever holds it may use."""

OPEN = {"api", "reference", "operation", "document", "subscribe"}
"""Pages of a published API, which are everybody's; a draft has none of them."""

PART = re.compile(r"<(?:\w+:)?(\w+)>")
GUARDED = sorted(page for page, slug in SLUGS.items() if PART.search(slug.en) and page not in FOR_EVERYONE)

FORMS = {
    "edit_application": {"name": "Taken over"},
    "new_credential": {"name": "Taken", "kind": "key"},
    "edit_api": {"title_en": "T", "title_fr": "T", "description_en": "D", "description_fr": "D"},
    "upstream": upstream_form("https://new.example.ca"),
    "new_plan": {"code": "more", "name_en": "M", "name_fr": "M", "day": "5"},
    "edit_plan": {"name_en": "M", "name_fr": "M", "day": "5"},
    "suspend_application": {"reason": "To see"},
    "resume_application": {"reason": "To see"},
    "suspend_subscription": {"reason": "To see"},
    "resume_subscription": {"reason": "To see"},
    "revoke_subscription": {"reason": "To see"},
    "webhooks": {"url": "https://hooks.example.org/b"},
    "organisation": {"email": "stranger@example.org"},
    "edit_organisation": {"name_en": "Taken", "name_fr": "Prise"},
    "operate_department": {"email": "stranger@example.org"},
}
"""What each form asks for, where that is more than a button."""

ELSEWHERE = {
    "with no role": (),
    "developer elsewhere": (Role.DEVELOPER,),
    "publisher elsewhere": (Role.PUBLISHER,),
    "developer and publisher elsewhere": (Role.DEVELOPER, Role.PUBLISHER),
}
KINDS = {Role.DEVELOPER: OrganisationKind.CONSUMER, Role.PUBLISHER: OrganisationKind.DEPARTMENT}


@dataclass(frozen=True)
class Things:
    """Whose account it all is, and what stands for each part of an address."""

    owner: Account
    parts: dict[str, str]

    def address(self, page: str) -> str:
        """An English address that names something of the owner's. What is open of a served API is asked of a draft."""
        name = "secret-plans" if page in OPEN else "holidays"
        return "/en" + PART.sub(lambda part: (self.parts | {"name": name})[part[1]], SLUGS[page].en)


@pytest.fixture
def things(site, publisher, department, consumer, operator, holidays) -> Things:
    with site.database.begin() as session:
        ready_version(session, publisher, described_api(session, publisher, department, name="secret-plans"))
        owner = an_account(session)
        roles = {department.id: Role.PUBLISHER, consumer.id: Role.DEVELOPER, next(iter(operator.roles)): Role.OPERATOR}
        held = [Membership(account_id=owner.id, organisation_id=each, role=role) for each, role in roles.items()]
        session.add_all(held)
        session.flush()
        acting = actor_for(session, owner)
        application = applications.register(session, acting, organisation_id=consumer.id, name="Ovens")
        plan = holidays.plans[0].id
        parts = {
            "application_id": application.id,
            "credential_id": credentials.add_key(session, acting, application.id, name="Nightly").credential.id,
            "subscription_id": subscriptions.subscribe(
                session, acting, application.id, api_id=holidays.id, plan_id=plan
            ).id,
            "webhook_id": webhooks.add(
                session, acting, application.id, url="https://hooks.example.org/a", sealer=site.house.sealer
            ).webhook.id,
            "organisation_id": department.id,
            "membership_id": held[0].id,
            "token_id": tokens.mint_token(session, acting, name="t", scopes=["usage:read"], days=1).token.id,
            "plan_id": plan,
            "major": "1",
            "number": "1",
            "slug": "get-holidays",
            "form": "json",
            "request_id": a_call(site, application.id, holidays.id),
        }
        return Things(owner, parts)


def a_call(site, application_id: str, api_id: str) -> str:
    """The id of a call that the next page counts."""
    made = finished(application_id=application_id, api_id=api_id, received_at=time.time())
    site.recorder.record(made)
    return made.event.request_id


@pytest.fixture
def stranger(request, site, sign_in) -> Browser:
    """Someone signed in whose roles, if any, are in other organisations."""
    roles = {organisation(site.database, kind=KINDS[role], slug=f"other-{role}"): role for role in request.param}
    browser: Browser = sign_in(roles)
    return browser


def ask(site, browser: Browser, page: str, address: str) -> dict[str, int]:
    """The status of each method that a page has, asked with a form that is right in all but who sends it."""
    endpoint = site.app.extensions["portal_pages"][page]
    methods = {method for rule in site.app.url_map.iter_rules(endpoint) for method in rule.methods or ()}
    told = {}
    for method in sorted(methods & {"GET", "POST"}):
        form = FORMS.get(page, {})
        answer = browser.get(address) if method == "GET" else browser.post(address, form, form_at="/en/account")
        told[method] = answer.status_code
    return told


@pytest.mark.parametrize("stranger", ELSEWHERE.values(), ids=ELSEWHERE, indirect=True)
def test_to_a_stranger_nothing_of_somebodys_exists(site, stranger, things):
    with site.database.read() as session:
        before = session.scalar(select(func.count()).select_from(AuditEvent))

    told = {page: ask(site, stranger, page, things.address(page)) for page in GUARDED}

    found = {page: statuses for page, statuses in told.items() if set(statuses.values()) != {404}}
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == before
    assert not found


def test_to_their_owner_they_exist(site, things):
    """Or the table above would only tell that its addresses lead nowhere."""
    with site.database.begin() as session:
        secret = open_session(session, things.owner, browser="test", now=utc_now()).secret
    client = site.app.test_client()
    client.set_cookie("guichet", secret, domain="localhost")
    browser = Browser(client)

    missing = [
        page
        for page in GUARDED
        if page not in OPEN | {"revoke_token", "new_version"} and browser.get(things.address(page)).status_code == 404
    ]

    assert not missing


def test_a_visitor_is_asked_to_sign_in_or_finds_nothing(site, visitor, things):
    told = {page: visitor.get(things.address(page)).status_code for page in GUARDED}

    assert set(told.values()) <= {303, 404, 405}
