"""Applications of consuming organisations: registering, describing, suspending, closing.

An application of another organisation does not exist for the actor. Its decisions are announced, so that the next call
already meets them.
"""

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from gateway.domain.errors import FORBIDDEN, NAME_TAKEN, NOT_FOUND, DomainError, required
from gateway.domain.lifecycle import LIVE, ApplicationState
from gateway.domain.roles import OrganisationKind, Permission
from gateway.services import audit
from gateway.services.actor import Actor
from gateway.services.apis import require_signed_in
from gateway.services.application_states import checked_reason, move_application, move_subscription, require_open
from gateway.services.paging import Page, paged
from gateway.services.texts import same_version, text_block, text_field
from gateway.store.accounts import Organisation
from gateway.store.applications import Application, Subscription
from gateway.store.database import unless_taken

_LONGEST_NAME = 120
_LONGEST_DESCRIPTION = 4_000
_LONGEST_SEARCH = 200


def register(session: Session, actor: Actor, *, organisation_id: str, name: str, description: str = "") -> Application:
    """A new application of a consuming organisation, active at once. Its id is its OAuth client id.

    Raises:
        DomainError: who may not (actor.py), FORBIDDEN (not a consuming organisation), REQUIRED, INVALID, NAME_TAKEN.
    """
    organisation = _consumer(session, actor, organisation_id)
    application = Application(
        organisation_id=organisation.id,
        name=_name(name),
        description=text_block("description", description, _LONGEST_DESCRIPTION),
        state=ApplicationState.ACTIVE,
        created_at=actor.now,
        created_by=actor.id,
    )
    with unless_taken(session, _taken(application.name)):
        session.add(application)
    after = {"name": application.name, "description": application.description}
    audit.tell(session, actor, "application.register", application.id, organisation.id, after=after)
    return application


def update(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    expected_version: int | None = None,
) -> Application:
    """Change the name or the description; None leaves it as it is.

    Raises:
        DomainError: who may not, STALE, REQUIRED, INVALID, NAME_TAKEN, WRONG_STATE (closed).
    """
    application = editable_application(session, actor, application_id)
    same_version(application.version, expected_version)
    require_open(application)
    before = {"name": application.name, "description": application.description}
    after = {
        "name": before["name"] if name is None else _name(name),
        "description": before["description"]
        if description is None
        else text_block("description", description, _LONGEST_DESCRIPTION),
    }
    if after == before:
        return application
    with unless_taken(session, _taken(after["name"])):
        application.name, application.description = after["name"], after["description"]
    audit.tell(
        session, actor, "application.update", application.id, application.organisation_id, before=before, after=after
    )
    return application


def get(
    session: Session, actor: Actor, application_id: str, permission: Permission = Permission.READ_APPLICATION
) -> Application:
    """An application of the actor's organisations (an operator: any); NOT_FOUND otherwise."""
    require_signed_in(actor)
    application = session.get(Application, application_id)
    if application is None:
        raise DomainError(NOT_FOUND)
    actor.require(permission, application.organisation_id)
    return application


def mine(session: Session, actor: Actor, *, page: int = 1, per_page: int = 20) -> Page[Application]:
    """The applications of the actor's own organisations, the newest first; the closed ones too."""
    require_signed_in(actor)
    query = _listed().where(
        Application.organisation_id.in_(actor.organisations_where(Permission.READ_APPLICATION)),
    )
    return paged(session, query, page, per_page)


def browse_all(
    session: Session, actor: Actor, *, words: str = "", page: int = 1, per_page: int = 20
) -> Page[Application]:
    """Every application, for the operator; each word must occur in its name, its organisation's name, or be its id."""
    actor.require(Permission.READ_APPLICATION, "")
    query = _listed().join(Organisation, Organisation.id == Application.organisation_id)
    for word in text_field("words", words, _LONGEST_SEARCH).split():
        query = query.where(_mentions(word))
    return paged(session, query, page, per_page)


def suspend(session: Session, actor: Actor, application_id: str, *, reason: str) -> Application:
    """Refuse the application's calls from the next one on; it is told the reason.

    Raises:
        DomainError: who may not (operators may), REQUIRED (the reason), ALREADY_DONE, WRONG_STATE.
    """
    application = editable_application(session, actor, application_id, Permission.SUSPEND_APPLICATION)
    _move(session, actor, application, "suspend", checked_reason(reason, needed=True))
    return application


def resume(session: Session, actor: Actor, application_id: str, *, reason: str = "") -> Application:
    """Let a suspended application call again.

    Raises:
        DomainError: who may not (operators may), ALREADY_DONE, WRONG_STATE.
    """
    application = editable_application(session, actor, application_id, Permission.SUSPEND_APPLICATION)
    _move(session, actor, application, "resume", checked_reason(reason, needed=False))
    return application


def close(session: Session, actor: Actor, application_id: str, *, reason: str = "") -> Application:
    """Close an application for good; its subscriptions are cancelled, its usage remains.

    Raises:
        DomainError: who may not, ALREADY_DONE.
    """
    application = editable_application(session, actor, application_id)
    why = checked_reason(reason, needed=False)
    _move(session, actor, application, "close", why)
    for subscription in _live(session, application):
        before = subscription.state
        move_subscription(subscription, "cancel")
        subscription.ended_at, subscription.reason = actor.now, why
        audit.tell(
            session,
            actor,
            "subscription.cancel",
            subscription.id,
            subscription.api.organisation_id,
            before={"state": before},
            after={"state": subscription.state, "application": application.id},
            reason=why,
        )
    return application


def editable_application(
    session: Session,
    actor: Actor,
    application_id: str,
    permission: Permission = Permission.EDIT_APPLICATION,
) -> Application:
    """An application that the actor may do this to, its row locked until the transaction ends."""
    require_signed_in(actor)
    application = session.get(Application, application_id, with_for_update=True)
    if application is None:
        raise DomainError(NOT_FOUND)
    actor.require(permission, application.organisation_id)
    return application


def _move(session: Session, actor: Actor, application: Application, move: str, reason: str) -> None:
    before = {"state": application.state, "reason": application.state_reason}
    move_application(application, move)
    application.state_reason = reason
    audit.tell(
        session,
        actor,
        f"application.{move}",
        application.id,
        application.organisation_id,
        before=before,
        after={"state": application.state},
        reason=reason,
        announce=(application.id,),
    )


def _consumer(session: Session, actor: Actor, organisation_id: str) -> Organisation:
    actor.require(Permission.EDIT_APPLICATION, organisation_id)
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise DomainError(NOT_FOUND)
    if organisation.kind != OrganisationKind.CONSUMER:
        raise DomainError(FORBIDDEN)
    return organisation


def _live(session: Session, application: Application) -> list[Subscription]:
    query = select(Subscription).where(Subscription.application_id == application.id, Subscription.state.in_(LIVE))
    locked = query.options(joinedload(Subscription.api)).order_by(Subscription.id).with_for_update(of=Subscription)
    return list(session.scalars(locked))


def _listed() -> Select[Application]:
    newest_first = (Application.created_at.desc(), Application.id.desc())
    return select(Application).options(joinedload(Application.organisation)).order_by(*newest_first)


def _mentions(word: str) -> ColumnElement[bool]:
    names = (Application.name, Organisation.name_en, Organisation.name_fr)
    return or_(Application.id == word, *(name.icontains(word, autoescape=True) for name in names))


def _name(name: str) -> str:
    text = text_field("name", name, _LONGEST_NAME)
    if not text:
        raise required("name", "A name", "le nom")
    return text


def _taken(name: str) -> DomainError:
    return DomainError(NAME_TAKEN, field="name", name=name)
