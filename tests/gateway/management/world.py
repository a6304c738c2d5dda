"""A small store to ask things of: two departments, two consuming organisations, an operator, and what they own.

It is built once; each test works on its own copy.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from gateway.counters.local import LocalLedger
from gateway.domain.roles import PERMISSIONS, OrganisationKind, Permission, Role
from gateway.plugin.registry import Registry
from gateway.services import applications, credentials, publishing, sessions, subscriptions, tokens, webhooks
from gateway.services.actor import Actor, utc_now
from gateway.services.house import House
from gateway.services.tries import Tries
from gateway.store.accounts import Account, Membership, Organisation
from gateway.store.audit import GENESIS, AuditHead
from gateway.store.base import new_id
from gateway.store.database import Database
from gateway.store.recording import UsageRecorder
from gateway.store.sealing import Sealer
from gateway.store.tables import METADATA
from gateway.store.webhooks import WebhookMessage
from gateway.upstream.addresses import AddressPolicy
from gateway.words import Words
from plugins import BUILT_IN
from tests.fixtures.publishing import ELSEWHERE, described_api, ready_version, standard_plan

SECRET = "for tests only, and long enough for it"
PUBLIC_URL = "http://guichet.test"
PEOPLE: dict[str, tuple[tuple[str, OrganisationKind, Role], ...]] = {
    "developer": (("bakery", OrganisationKind.CONSUMER, Role.DEVELOPER),),
    "colleague": (("bakery", OrganisationKind.CONSUMER, Role.DEVELOPER),),
    "publisher": (("heritage", OrganisationKind.DEPARTMENT, Role.PUBLISHER),),
    "operator": (("office", OrganisationKind.OPERATOR, Role.OPERATOR),),
    "stranger": (
        ("florist", OrganisationKind.CONSUMER, Role.DEVELOPER),
        ("transport", OrganisationKind.DEPARTMENT, Role.PUBLISHER),
    ),
}
"""Who there is, and which role each holds where."""


@dataclass
class Built:
    """The store on disk, with the ids of what is in it."""

    folder: Path
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """A copy of the store behind an application, and a way to ask it."""

    app: Flask
    house: House
    recorder: UsageRecorder
    built: Built

    @property
    def database(self) -> Database:
        return self.house.database

    def id(self, name: str) -> str:
        return self.built.ids[name]

    def token(self, who: str, *scopes: Permission) -> str:
        """A new token of a person with these scopes only."""
        with self.database.begin() as session:
            return _mint(session, _actor(session, self.built.ids[who]), scopes)

    def pipeline(self, who: str, organisation: str) -> str:
        """A new token with which an organisation of theirs acts by itself, with all that it may do."""
        with self.database.begin() as session:
            actor, own = _actor(session, self.built.ids[who]), self.built.ids[organisation]
            scopes = sorted(PERMISSIONS[actor.roles[own]])
            made = tokens.mint_token(
                session, actor, name="pipeline", scopes=scopes, days=1, organisation_id=own, pipeline=True
            )
            return made.secret

    def ask(self, method: str, path: str, *, by: str = "", token: str = "", **options: Any) -> Any:
        """Send one request, by a person with all they may do, with one token, or by nobody."""
        headers = dict(options.pop("headers", {}))
        shown = token or (self.built.tokens[by] if by else "")
        if shown:
            headers["Authorization"] = f"Bearer {shown}"
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def get(self, path: str, *, by: str = "", **options: Any) -> Any:
        """Read something that must be there, as JSON."""
        reply = self.ask("GET", path, by=by, **options)
        assert reply.status_code == 200, reply.text
        return reply.json

    def tag(self, path: str, *, by: str) -> dict[str, str]:
        """The field that says: as I read it just now."""
        return {"If-Match": self.ask("GET", path, by=by).headers["ETag"]}


def build(folder: Path) -> Built:
    """Make the store through its services."""
    built = Built(folder)
    database = Database(f"sqlite:///{folder / 'guichet.db'}")
    METADATA.create_all(database.engine)
    with database.begin() as session:
        session.add(AuditHead(id=1, sequence=0, hash=GENESIS))
        _people(session, built)
    with database.begin() as session:
        _published(session, built)
        _consuming(session, built)
        for who in PEOPLE:
            actor = _actor(session, built.ids[who])
            scopes = sorted({scope for role in actor.roles.values() for scope in PERMISSIONS[role]})
            built.tokens[who] = _mint(session, actor, scopes)
    database.dispose()
    return built


def make_house(
    folder: Path, *, url: str = "", policy: AddressPolicy = ELSEWHERE, clock: Callable[[], float] = time.time
) -> tuple[House, UsageRecorder]:
    """The parts that the faces share, on what is in a folder or at a database's URL; `clock` is the ledger's."""
    database = Database(url or f"sqlite:///{folder / 'guichet.db'}")
    recorder = UsageRecorder(database, folder / "usage", time.time)
    ledger = LocalLedger(folder / "ledger.db", clock)
    house = House(
        database=database,
        ledger=ledger,
        tries=Tries(ledger, SECRET),
        registry=Registry(BUILT_IN),
        policy=policy,
        receivers=ELSEWHERE,
        sealer=Sealer(SECRET),
        link_to=lambda purpose, language, token: f"{PUBLIC_URL}/{language}/{purpose}/{token}",
        public_url=PUBLIC_URL,
        site_name=Words("Guichet", "Guichet"),
        flush_usage=recorder.flush,
    )
    return house, recorder


def copied(built: Built, folder: Path) -> Path:
    """A copy of the store for one test."""
    shutil.copy(built.folder / "guichet.db", folder / "guichet.db")
    return folder


def _people(session: Session, built: Built) -> None:
    now = utc_now()
    for who, memberships in PEOPLE.items():
        account = Account(
            id=new_id("account"), email=f"{who}@example.org", name=who.title(), password_hash="", language="en",
            created_at=now, verified_at=now,
        )  # fmt: skip
        built.ids[who] = account.id
        session.add(account)
        for slug, kind, role in memberships:
            if slug not in built.ids:
                built.ids[slug] = new_id("organisation")
                session.add(
                    Organisation(
                        id=built.ids[slug], kind=kind, slug=slug, name_en=slug, name_fr=f"{slug} (fr)", created_at=now
                    )
                )
            session.flush()
            joined = Membership(account_id=account.id, organisation_id=built.ids[slug], role=role)
            session.add(joined)
            session.flush()
            built.ids[f"membership of {who}"] = joined.id


def _published(session: Session, built: Built) -> None:
    publisher = _actor(session, built.ids["publisher"])
    department = session.get_one(Organisation, built.ids["heritage"])
    holidays = described_api(session, publisher, department)
    publishing.publish(session, publisher, ready_version(session, publisher, holidays).id)
    draft = described_api(session, publisher, department, name="secret-plans", title_en="Secret plans")
    ready = ready_version(session, publisher, draft)
    session.flush()
    built.ids |= {
        "holidays": holidays.id,
        "holidays v1": holidays.versions[0].id,
        "holidays plan": holidays.plans[0].id,
        "larger plan": standard_plan(session, publisher, holidays, code="larger").id,
        "draft": draft.id,
        "draft v1": ready.id,
        "draft plan": session.get_one(type(draft), draft.id, populate_existing=True).plans[0].id,
    }


def _consuming(session: Session, built: Built) -> None:
    developer = _actor(session, built.ids["developer"])
    ovens = applications.register(session, developer, organisation_id=built.ids["bakery"], name="Ovens")
    credential = credentials.add_secret(session, developer, ovens.id, name="first").credential
    joined = subscriptions.subscribe(
        session, developer, ovens.id, api_id=built.ids["holidays"], plan_id=built.ids["holidays plan"]
    )
    hook, off = (
        webhooks.add(session, developer, ovens.id, url="https://hooks.example.org/a", sealer=Sealer(SECRET)).webhook
        for _ in range(2)
    )
    off.disabled_at = developer.now
    message = WebhookMessage(
        webhook_id=hook.id, type="webhook.test", body="{}", created_at=developer.now, outcome="204", attempts=1,
        tried_at=developer.now, delivered_at=developer.now,
    )  # fmt: skip
    session.add(message)
    session.flush()
    built.ids |= {"webhook": hook.id, "webhook that is off": off.id, "message": message.id}
    built.ids |= {"application": ovens.id, "credential": credential.id, "subscription": joined.id}


def _actor(session: Session, account_id: str) -> Actor:
    return sessions.actor_for(session, session.get_one(Account, account_id))


def _mint(session: Session, actor: Actor, scopes: Any) -> str:
    made = tokens.mint_token(session, actor, name="test", scopes=[str(scope) for scope in scopes], days=1)
    return made.secret
