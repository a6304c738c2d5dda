"""Subscribing in one go: the application, its subscription, and its first secret.

The law: a form is answered once. Its nonce lies with the secret that it made, so that a second click, however close
behind the first, makes no second application, subscription or secret. It holds as long as the secret does, where
once.py forgets an answer after two minutes: whoever comes back to the page later and sends it again is told so.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gateway.domain.errors import NAME_TAKEN, DomainError
from gateway.services import applications, credentials, subscriptions
from gateway.services.actor import Actor
from gateway.store.applications import Application, Credential, CredentialKind, Subscription
from gateway.store.database import Database

_LATEST = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for: an application by its id, or a new one by name in an organisation."""

    plan_id: str
    nonce: str
    application_id: str = ""
    organisation_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """What there is now. `secret` is empty when none was made; `shown_before` when this very form made it earlier."""

    subscription_id: str
    secret: str
    shown_before: bool


def join(database: Database, actor: Actor, api_id: str, wanted: Wanted) -> Joined:
    """Make what is not there yet, all of it or nothing.

    Raises:
        DomainError: what the services refuse.
    """
    try:
        return _once(database, actor, api_id, wanted)
    except DomainError as error:
        if error.kind is not NAME_TAKEN:
            raise
        # Two clicks at once: the other one has made the application since we looked. This time we find it.
        return _once(database, actor, api_id, wanted)


def _once(database: Database, actor: Actor, api_id: str, wanted: Wanted) -> Joined:
    with database.begin() as session:
        application = _application(session, actor, wanted)
        subscription = subscriptions.subscribe(session, actor, application.id, api_id=api_id, plan_id=wanted.plan_id)
        return _with_secret(session, actor, subscription, wanted.nonce)


def _application(session: Session, actor: Actor, wanted: Wanted) -> Application:
    if wanted.application_id:
        return applications.get(session, actor, wanted.application_id)
    return _of_earlier_click(session, actor, wanted) or applications.register(
        session, actor, organisation_id=wanted.organisation_id, name=wanted.name
    )


def _of_earlier_click(session: Session, actor: Actor, wanted: Wanted) -> Application | None:
    """The application that the same form made a moment ago."""
    for application in applications.mine(session, actor, per_page=_LATEST).items:
        same = (application.organisation_id, application.name) == (wanted.organisation_id, wanted.name.strip())
        if same and _made_by(wanted.nonce, credentials.of_application(session, actor, application.id)):
            return application
    return None


def _with_secret(session: Session, actor: Actor, subscription: Subscription, nonce: str) -> Joined:
    application = subscription.application
    present = credentials.of_application(session, actor, application.id)
    shown_before = _made_by(nonce, present)
    if shown_before or any(_is_usable(each, actor) for each in present):
        return Joined(subscription.id, "", shown_before)
    made = credentials.add_secret(session, actor, application.id, name=_("First secret"), nonce=nonce)
    return Joined(subscription.id, made.secret, shown_before=False)


def _made_by(nonce: str, present: list[Credential]) -> bool:
    return bool(nonce) and any(each.nonce == nonce for each in present)


def _is_usable(credential: Credential, actor: Actor) -> bool:
    return credential.kind == CredentialKind.SECRET and credentials.is_in_force(credential, actor.now)
