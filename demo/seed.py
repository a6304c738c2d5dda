"""What the demonstration holds: two departments and their APIs, a developer with an application, an operator.

Everything is made by the services that people use, as the people who would. Passwords and secrets are random per
installation; they are kept in files only their owner can read.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.plans import Window
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import (
    accounts,
    apis,
    applications,
    credentials,
    organisations,
    plans,
    publishing,
    sessions,
    subscriptions,
    upstreams,
    versions,
)
from gateway.services.actor import Actor, system
from gateway.services.house import House
from gateway.services.upstream_laws import Place, at
from gateway.store.accounts import Account, Organisation
from gateway.store.catalogue import ApiVersion, api_by_name

_DOCUMENTS = Path(__file__).parent / "documents"
_LOOPBACK = "http://127.0.0.1"
_NOWHERE = 65_535
"""The port that is written until the services listen."""

PLAN = (Window("minute", 60), Window("day", 1_000))


class NotADemonstration(Exception):  # noqa: N818 - read by the person who typed the command
    """The data folder is somebody's own; nothing of the demonstration is put into it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may sign in to the demonstration."""

    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department of the demonstration, its publisher and its API."""

    slug: str
    name_en: str
    name_fr: str
    person: str
    email: str
    api: str
    title_en: str
    title_fr: str
    description_en: str
    description_fr: str
    allows_api_key: bool


DEPARTMENTS = (
    Department(
        "environment",
        "Department of the Environment",
        "Ministère de l’Environnement",
        "Maya Gagnon",
        "environment@example.org",
        "air-quality",
        "Air quality",
        "Qualité de l’air",
        "Hourly readings of the air quality stations, and the health index computed from them.",
        "Les relevés horaires des stations de qualité de l’air, et la cote air santé qui en est tirée.",
        allows_api_key=True,
    ),
    Department(
        "transport",
        "Department of Transport",
        "Ministère des Transports",
        "Noah Tremblay",
        "transport@example.org",
        "ferries",
        "Ferry crossings",
        "Traversées maritimes",
        "Timetables of the public ferries, and notes that travellers leave for the crew.",
        "Les horaires des traversiers publics, et les avis que les voyageurs laissent à l’équipage.",
        allows_api_key=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Client:
    """The developer's application: what a program needs to get a token."""

    client_id: str
    client_secret: str


def seed(house: House, accounts_file: Path) -> Client | None:
    """Fill an empty installation; one that has the demonstration's first API already is left as it is (None)."""
    with house.database.begin() as session:
        if api_by_name(session, DEPARTMENTS[0].api):
            return None
        if session.scalar(select(Account.id).limit(1)):
            raise NotADemonstration(
                "This installation has accounts of its own, so the demonstration is not loaded into it. / "
                "Cette installation a déjà ses propres comptes; la démonstration n’y est donc pas chargée."
            )
        people = [_operator(session)]
        people += [_publisher(session, house, department) for department in DEPARTMENTS]
        developer, client = _developer(session)
        write_private(accounts_file, json.dumps([asdict(person) for person in [*people, developer]], indent=2))
    return client


def point_upstreams(house: House, ports: Mapping[str, int], before: Mapping[str, int]) -> None:
    """Tell the store where the small services listen today; what a publisher has pointed elsewhere stays there.

    `before` says where they listened last time.
    """
    with house.database.begin() as session:
        for department in DEPARTMENTS:
            api = api_by_name(session, department.api)
            old, new = (f"{_LOOPBACK}:{at.get(department.api, _NOWHERE)}" for at in (before, ports))
            if api and old != new:
                _move(session, house, api.versions[0], old, new)


def _move(session: Session, house: House, version: ApiVersion, old: str, new: str) -> None:
    """Point a version elsewhere if its calls go to one address, the old one; all else that was said of it stays."""
    environment = upstreams.upstream_of(version)
    said = upstreams.said_of(environment) if environment else None
    if said and [place.base_url for place in said.targets] == [old]:
        said = replace(said, targets=(Place(new),))
        upstreams.set_upstream(session, system(), version.id, said, policy=house.policy, sealer=house.sealer)


def known_ports(path: Path) -> dict[str, int]:
    """The ports that the services had last time, as kept in a file; none when there was no last time."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {api: int(port) for api, port in kept.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def write_private(path: Path, text: str) -> None:
    """Write a whole file that only its owner can read, replacing the old one at once."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    fresh.replace(path)


def _operator(session: Session) -> Person:
    person = Person("operator", "operator@example.org", _password())
    organisations.create_operator(
        session, system(), email=person.email, name="Odile Exploitante", password=person.password
    )
    return person


def _publisher(session: Session, house: House, department: Department) -> Person:
    person = Person("publisher", department.email, _password())
    account = _account(session, person, department.person)
    organisation = organisations.create_department(
        session, system(), slug=department.slug, name_en=department.name_en, name_fr=department.name_fr
    )
    organisations.add_member(session, system(), organisation.id, email=person.email, role=Role.PUBLISHER)
    _publish(session, house, sessions.actor_for(session, account), department, organisation.id)
    return person


def _publish(session: Session, house: House, actor: Actor, department: Department, organisation_id: str) -> None:
    api = apis.create_api(
        session,
        actor,
        organisation_id=organisation_id,
        name=department.api,
        title_en=department.title_en,
        title_fr=department.title_fr,
        description_en=department.description_en,
        description_fr=department.description_fr,
    )
    version = api.versions[0]
    content = (_DOCUMENTS / f"{department.api}.yaml").read_bytes()
    versions.upload_document(session, actor, version.id, content=content)
    upstreams.set_upstream(
        session, actor, version.id, at(f"{_LOOPBACK}:{_NOWHERE}"), policy=house.policy, sealer=house.sealer
    )
    plans.create_plan(
        session,
        actor,
        api.id,
        code="basic",
        name_en="Basic",
        name_fr="De base",
        windows=PLAN,
        allows_api_key=department.allows_api_key,
    )
    publishing.publish(session, actor, version.id)


def _developer(session: Session) -> tuple[Person, Client]:
    person = Person("developer", "developer@example.org", _password())
    account = _account(session, person, "Dominique Lavoie")
    actor = sessions.actor_for(session, account)
    own = session.scalars(
        select(Organisation).where(
            Organisation.id.in_(list(actor.roles)), Organisation.kind == OrganisationKind.CONSUMER
        )
    ).one()
    application = applications.register(
        session, actor, organisation_id=own.id, name="Breathe easy", description="Tells runners when the air is good."
    )
    api = api_by_name(session, DEPARTMENTS[0].api)
    if api is None:
        raise LookupError(DEPARTMENTS[0].api)
    subscriptions.subscribe(session, actor, application.id, api_id=api.id, plan_id=api.plans[0].id)
    made = credentials.add_secret(session, actor, application.id, name="Demonstration")
    return person, Client(application.id, made.secret)


def _account(session: Session, person: Person, name: str) -> Account:
    return accounts.create_verified(session, system(), email=person.email, name=name, password=person.password)


def _password() -> str:
    return secrets.token_urlsafe(12)
