"""The audit trail, of one organisation or of all, in words: who did what to which thing, what changed, and why."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from gateway.services import audit, organisations
from gateway.services.audit_names import names_of
from gateway.services.paging import Page
from gateway.store.accounts import Organisation
from gateway.store.audit import AuditEvent
from portal.audit_words import field_name, short
from portal.context import actor, house, page_number
from portal.language import of_words
from portal.sessions import signed_in_only
from portal.slugs import localized_route

audit_trail = Blueprint("audit_trail", __name__)

COMMANDS: dict[str, Any] = {
    "account.open": _l("opened an account"),
    "account.verify": _l("confirmed an address"),
    "account.reset-password": _l("chose a new password"),
    "api.create": _l("created an API"),
    "api.update": _l("changed the titles or descriptions of an API"),
    "api.limits": _l("changed the limits of an API"),
    "application.register": _l("registered an application"),
    "application.update": _l("changed an application"),
    "application.suspend": _l("suspended an application"),
    "application.resume": _l("resumed an application"),
    "application.close": _l("closed an application"),
    "account.letters": _l("chose which messages about quotas to get"),
    "credential.add": _l("added a credential"),
    "credential.revoke": _l("revoked a credential"),
    "department.create": _l("created a department"),
    "member.add": _l("added a member"),
    "member.remove": _l("removed a member"),
    "organisation.update": _l("changed an organisation"),
    "plan.create": _l("created a plan"),
    "plan.update": _l("changed a plan"),
    "plan.close": _l("closed a plan"),
    "webhook.add": _l("added a webhook"),
    "webhook.secret": _l("gave a webhook a new secret"),
    "webhook.remove": _l("removed a webhook"),
    "webhook.enable": _l("turned a webhook on"),
    "webhook.turn-off": _l("turned a webhook off"),
    "webhook.test": _l("tried a webhook"),
    "webhook.send-again": _l("had a message sent to a webhook again"),
    "session.open": _l("signed in"),
    "session.close": _l("signed out"),
    "session.revoke": _l("signed a browser out"),
    "subscription.request": _l("asked for a subscription"),
    "subscription.approve": _l("approved a subscription"),
    "subscription.change-plan": _l("changed the plan of a subscription"),
    "subscription.limits": _l("changed the limits of a subscription"),
    "subscription.extra": _l("granted a subscription extra calls"),
    "subscription.reset": _l("reset what a subscription had used"),
    "subscription.cancel": _l("cancelled a subscription"),
    "subscription.suspend": _l("suspended a subscription"),
    "subscription.resume": _l("resumed a subscription"),
    "subscription.revoke": _l("revoked a subscription"),
    "token.mint": _l("made a token"),
    "token.revoke": _l("revoked a token"),
    "version.create": _l("created a version"),
    "version.upload": _l("uploaded a document"),
    "version.upstream": _l("changed where calls go"),
    "version.renew-proof": _l("made the secret of a proof"),
    "version.drop-proof": _l("ended a proof"),
    "version.plugins": _l("chose plugins"),
    "version.publish": _l("published a version"),
    "version.deprecate": _l("announced the retirement of a version"),
    "version.retire": _l("retired a version"),
}
"""What each command is called in the trail; one that is not here shows its code."""


class Change(NamedTuple):
    """One thing that became another; both as short text, empty for what was not there."""

    name: str
    before: str
    after: str


@localized_route(audit_trail, "whole_audit")
@signed_in_only
def everything() -> ResponseReturnValue:
    """What was done anywhere, the latest first: the operator's."""
    with house().database.read() as session:
        found = audit.browse_all(session, actor(), page=page_number())
        return _page(session, found, None)


@localized_route(audit_trail, "audit")
@signed_in_only
def trail(organisation_id: str) -> ResponseReturnValue:
    """What was done in one organisation, the latest first."""
    with house().database.read() as session:
        organisation = organisations.get_organisation(session, actor(), organisation_id)
        found = audit.browse(session, actor(), organisation_id, page=page_number())
        return _page(session, found, organisation)


def changes_of(event: AuditEvent, names: Mapping[str, str]) -> list[Change]:
    """What an event changed, thing by thing; `names` are those of the things that its values name by id."""
    keys = [*event.before, *(key for key in event.after if key not in event.before)]
    told = [
        Change(field_name(key), *(short(key, _named(side.get(key), names)) for side in (event.before, event.after)))
        for key in keys
    ]
    return [change for change in told if change.before != change.after]


def _page(session: Session, found: Page[AuditEvent], organisation: Organisation | None) -> str:
    names = {key: of_words(name) for key, name in names_of(session, _ids(found.items)).items()}
    return render_template(
        "operate/audit.html",
        organisation=organisation,
        found=found,
        rows=[(event, changes_of(event, names)) for event in found.items],
        names=names,
        commands=COMMANDS,
    )


def _ids(events: Iterable[AuditEvent]) -> Iterator[str]:
    for event in events:
        yield event.subject
        yield event.organisation_id
        yield from (value for side in (event.before, event.after) for value in side.values() if isinstance(value, str))


def _named(value: Any, names: Mapping[str, str]) -> Any:
    return names.get(value, value) if isinstance(value, str) else value
