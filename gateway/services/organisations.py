"""Organisations: departments that publish, organisations that consume, the operator; and who belongs to them."""

import re
from collections.abc import Sequence
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from gateway.domain.errors import ALREADY_DONE, FORBIDDEN, NAME_TAKEN, NOT_FOUND, NOT_SIGNED_IN, DomainError, invalid
from gateway.domain.errors import required as missing
from gateway.domain.roles import ROLES_OF_KIND, OrganisationKind, Permission, Role
from gateway.services import accounts, audit
from gateway.services.actor import Actor
from gateway.services.email_addresses import email_address
from gateway.services.paging import Page, paged
from gateway.services.texts import same_version, text_field
from gateway.store.accounts import Account, Membership, Organisation, account_by_email, organisation_by_slug
from gateway.store.applications import Subscription
from gateway.store.base import new_id
from gateway.store.catalogue import Api
from gateway.store.changes import CATALOGUE
from gateway.store.database import unless_taken

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,58}[a-z0-9]")
_OPERATOR_SLUG = "operator"


def create_department(session: Session, actor: Actor, *, slug: str, name_en: str, name_fr: str) -> Organisation:
    """A publishing organisation; only the operator makes one.

    Raises:
        DomainError: who may not, INVALID, REQUIRED, NAME_TAKEN.
    """
    _require_operator(actor)
    slug = _slug(slug)
    taken = DomainError(NAME_TAKEN, field="slug", name=slug)
    if slug == _OPERATOR_SLUG or organisation_by_slug(session, slug):
        raise taken
    names = _names(name_en, name_fr)
    department = Organisation(
        id=new_id("department"), kind=OrganisationKind.DEPARTMENT, slug=slug, created_at=actor.now, **names
    )
    with unless_taken(session, taken):
        session.add(department)
    audit.tell(session, actor, "department.create", department.id, department.id, after={"slug": slug, **names})
    return department


def create_operator(session: Session, actor: Actor, *, email: str, name: str, password: str) -> Account:
    """An account that may operate the store; the operating organisation is made with the first one.

    Raises:
        DomainError: INVALID, REQUIRED.
    """
    _require_operator(actor)
    account = accounts.create_verified(session, actor, email=email, name=name, password=password)
    operating = organisation_by_slug(session, _OPERATOR_SLUG) or _make_operating(session, actor)
    _join(session, actor, operating, account, Role.OPERATOR)
    return account


def get_organisation(session: Session, actor: Actor, organisation_id: str) -> Organisation:
    """An organisation: a department for everyone, any other for its members and the operator.

    Raises:
        DomainError: NOT_FOUND, or who may not.
    """
    organisation = _found(session, organisation_id)
    if organisation.kind != OrganisationKind.DEPARTMENT:
        actor.require(Permission.READ_ORGANISATION, organisation.id)
    return organisation


def update_organisation(
    session: Session,
    actor: Actor,
    organisation_id: str,
    *,
    name_en: str,
    name_fr: str,
    time_zone: str | None = None,
    expected_version: int | None = None,
) -> Organisation:
    """Change the names of an organisation, and where the days of its plans begin; windows of the calendar begin anew.

    Raises:
        DomainError: who may not, NOT_FOUND, STALE, INVALID, REQUIRED.
    """
    actor.require(Permission.EDIT_ORGANISATION, organisation_id)
    organisation = _found(session, organisation_id, lock=True)
    same_version(organisation.version, expected_version)
    given = _names(name_en, name_fr) | ({} if time_zone is None else {"time_zone": _checked_zone(time_zone)})
    before = {key: getattr(organisation, key) for key in given}
    if given != before:
        for key, value in given.items():
            setattr(organisation, key, value)
        moved = given.get("time_zone", before.get("time_zone")) != before.get("time_zone")
        announce = (CATALOGUE, *_subscribers(session, organisation)) if moved else ()
        audit.tell(
            session, actor, "organisation.update", organisation.id, organisation.id,
            before=before, after=given, announce=announce,
        )  # fmt: skip
    return organisation


def _checked_zone(name: str) -> str:
    if name not in available_timezones():
        raise invalid(
            "time_zone",
            "A time zone has a name such as America/Toronto.",
            "Un fuseau horaire porte un nom comme America/Toronto.",
        )
    return name


def _subscribers(session: Session, department: Organisation) -> Sequence[str]:
    query = select(Subscription.application_id).join(Api, Api.id == Subscription.api_id)
    return session.scalars(query.where(Api.organisation_id == department.id).distinct()).all()


def list_departments(session: Session, *, page: int = 1, per_page: int = 50) -> Page[Organisation]:
    """The publishing organisations, for everyone to see."""
    query = select(Organisation).where(Organisation.kind == OrganisationKind.DEPARTMENT)
    return paged(session, query.order_by(Organisation.name_en), page, per_page)


def my_organisations(session: Session, actor: Actor) -> list[Organisation]:
    """The organisations that the actor belongs to."""
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)
    query = select(Organisation).where(Organisation.id.in_(list(actor.roles)))
    return list(session.scalars(query.order_by(Organisation.created_at)))


def members(session: Session, actor: Actor, organisation_id: str) -> list[Membership]:
    """Who belongs to an organisation, with their accounts, in the order they joined.

    Raises:
        DomainError: who may not, NOT_FOUND.
    """
    actor.require(Permission.READ_ORGANISATION, organisation_id)
    organisation = _found(session, organisation_id)
    query = select(Membership).where(Membership.organisation_id == organisation.id)
    return list(session.scalars(query.options(selectinload(Membership.account)).order_by(Membership.id)))


def add_member(session: Session, actor: Actor, organisation_id: str, *, email: str, role: str) -> Membership:
    """Give an account a role in an organisation.

    Raises:
        DomainError: who may not, NOT_FOUND, INVALID (no such account or role), ALREADY_DONE.
    """
    actor.require(Permission.EDIT_ORGANISATION, organisation_id)
    organisation = _found(session, organisation_id)
    if role not in ROLES_OF_KIND[OrganisationKind(organisation.kind)]:
        raise invalid("role", "This organisation has no such role.", "Cette organisation n’a pas ce rôle.")
    account = account_by_email(session, email_address("email", email))
    if account is None or not account.verified_at:
        raise invalid(
            "email",
            "No account with a confirmed address has this e-mail address; ask the person to sign up first.",
            "Aucun compte confirmé n’a cette adresse courriel; demandez d’abord à la personne de s’inscrire.",
        )
    return _join(session, actor, organisation, account, Role(role))


def remove_member(session: Session, actor: Actor, organisation_id: str, membership_id: str) -> None:
    """End a membership; the last member stays.

    Raises:
        DomainError: who may not, NOT_FOUND, INVALID (the last one).
    """
    actor.require(Permission.EDIT_ORGANISATION, organisation_id)
    # Locked, so that two members cannot show each other out at once.
    _found(session, organisation_id, lock=True)
    everyone = members(session, actor, organisation_id)
    leaving = next((member for member in everyone if member.id == membership_id), None)
    if leaving is None:
        raise DomainError(NOT_FOUND)
    if len(everyone) == 1:
        raise invalid(
            "membership_id",
            "An organisation keeps at least one member: add another one first.",
            "Une organisation garde au moins un membre : ajoutez-en d’abord un autre.",
        )
    session.delete(leaving)
    audit.tell(session, actor, "member.remove", leaving.account_id, organisation_id, before={"role": leaving.role})


def _require_operator(actor: Actor) -> None:
    if actor.is_signed_in and not actor.is_operator:
        raise DomainError(FORBIDDEN)
    actor.require(Permission.CREATE_DEPARTMENT, "")


def _found(session: Session, organisation_id: str, *, lock: bool = False) -> Organisation:
    # PostgreSQL takes no NUL, not even to look for.
    known = organisation_id.isprintable()
    organisation = session.get(Organisation, organisation_id, with_for_update=lock) if known else None
    if organisation is None:
        raise DomainError(NOT_FOUND)
    return organisation


def _make_operating(session: Session, actor: Actor) -> Organisation:
    operating = Organisation(
        id=new_id("organisation"),
        kind=OrganisationKind.OPERATOR,
        slug=_OPERATOR_SLUG,
        name_en="Operator",
        name_fr="Exploitant",
        created_at=actor.now,
    )
    session.add(operating)
    session.flush()
    return operating


def _join(session: Session, actor: Actor, organisation: Organisation, account: Account, role: Role) -> Membership:
    membership = Membership(account_id=account.id, organisation_id=organisation.id, role=role)
    with unless_taken(session, DomainError(ALREADY_DONE, field="email")):
        session.add(membership)
    audit.tell(session, actor, "member.add", account.id, organisation.id, after={"role": str(role)})
    return membership


def _slug(slug: str) -> str:
    slug = slug.strip()
    if not _SLUG.fullmatch(slug):
        raise invalid(
            "slug",
            "The short name takes 3 to 60 small letters, digits and hyphens, and begins with a letter.",
            "Le nom court compte de 3 à 60 lettres minuscules sans accent, chiffres et traits d’union, et commence par"
            " une lettre.",
        )
    return slug


def _names(name_en: str, name_fr: str) -> dict[str, str]:
    names = {"name_en": text_field("name_en", name_en, 200), "name_fr": text_field("name_fr", name_fr, 200)}
    if not names["name_en"]:
        raise missing("name_en", "The name in English", "le nom en anglais")
    if not names["name_fr"]:
        raise missing("name_fr", "The name in French", "le nom en français")
    return names
