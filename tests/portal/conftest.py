"""The portal on a database of its own, and browsers of people who are signed in."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from gateway.counters.local import LocalLedger
from gateway.domain.roles import OrganisationKind, Role
from gateway.plugin.registry import Registry
from gateway.services import sessions
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.services.tries import Tries
from gateway.store.accounts import Account, Membership, Organisation
from gateway.store.base import new_id
from gateway.store.database import Database
from gateway.store.recording import UsageRecorder
from gateway.store.sealing import Sealer
from gateway.words import Words
from plugins import BUILT_IN
from portal.site import install_portal, link_to
from tests.fixtures.publishing import ELSEWHERE, NOW, organisation
from tests.portal.browsing import Browser

SECRET = "for tests only, and long enough for it"
PUBLIC_URL = "http://guichet.test"


@dataclass
class Site:
    """The portal, and what it stands on."""

    app: Flask
    house: House
    recorder: UsageRecorder

    @property
    def database(self) -> Database:
        return self.house.database


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite: the pages ask the services, and the services are tested on both."""
    return f"sqlite:///{tmp_path / 'guichet.db'}"


@pytest.fixture
def site(database: Database, tmp_path: Path):
    """The portal."""
    recorder = UsageRecorder(database, tmp_path / "usage", time.time)
    ledger = LocalLedger(tmp_path / "ledger.db", time.time)
    house = House(
        database=database,
        ledger=ledger,
        tries=Tries(ledger, SECRET),
        registry=Registry(BUILT_IN),
        policy=ELSEWHERE,
        receivers=ELSEWHERE,
        sealer=Sealer(SECRET),
        link_to=link_to(PUBLIC_URL),
        public_url=PUBLIC_URL,
        site_name=Words("Guichet", "Guichet"),
        flush_usage=recorder.flush,
    )
    app = Flask("guichet", static_folder=None)
    app.secret_key = "for tests only"
    app.extensions["guichet"] = house
    install_portal(app)
    yield Site(app, house, recorder)
    recorder.close()
    ledger.close()


@pytest.fixture
def visitor(site: Site) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(site.app.test_client())


@pytest.fixture
def sign_in(site: Site):
    """Open a browser in which someone is signed in, who holds roles: `sign_in({organisation: role})`."""

    def opened(roles: dict[Organisation, Role] | None = None, *, name: str = "Camille Roy") -> Browser:
        now = utc_now()
        account = Account(
            id=new_id("account"),
            email=f"{new_id('mail').lower()}@example.org",
            name=name,
            password_hash="",
            language="en",
            created_at=NOW,
            verified_at=NOW,
        )
        with site.database.begin() as session:
            session.add(account)
            session.flush()
            for organisation, role in (roles or {}).items():
                session.add(Membership(account_id=account.id, organisation_id=organisation.id, role=role))
            secret = sessions.open_session(session, account, browser="test", now=now).secret
        client = site.app.test_client()
        client.set_cookie("guichet", secret, domain="localhost")
        return Browser(client)

    return opened


@pytest.fixture
def baker(sign_in, consumer: Organisation):
    """A developer of the consuming organisation."""
    return sign_in({consumer: Role.DEVELOPER})


@pytest.fixture
def odile(site: Site, sign_in):
    """The browser of somebody who runs the store."""
    office = organisation(
        site.database, kind=OrganisationKind.OPERATOR, slug="office", name_en="Office", name_fr="Bureau"
    )
    return sign_in({office: Role.OPERATOR}, name="Odile Exploitante")
