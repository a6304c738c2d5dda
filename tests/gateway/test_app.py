import json
import subprocess
import sys
from datetime import datetime

import pytest

from gateway.app import create_app
from gateway.domain.plans import Charge
from gateway.domain.roles import Permission
from gateway.services import credentials, sessions, tokens
from gateway.services.actor import utc_now
from gateway.settings import Settings
from gateway.store.accounts import Account
from gateway.store.applications import Application
from gateway.upstream.addresses import AddressRefused, check_base_url
from plugins import BUILT_IN
from portal.site import link_to
from tests.house.sources import ROOT


def test_the_faces_are_mounted(seeded):
    client = seeded.app.test_client()

    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/v1/openapi.json").status_code == 200
    assert client.get("/oauth/jwks").status_code == 200
    assert client.get("/en/").status_code == 200


def test_a_call_goes_through_the_lane_and_not_through_flasks_router(seeded):
    answer = seeded.app.test_client().get("/api/air-quality/v1/stations")

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.data)["code"] == "no-credentials"


def test_a_call_with_a_key_is_the_last_use_that_its_owner_sees(seeded):
    with seeded.house.database.begin() as session:
        application = session.get_one(Application, seeded.client.client_id)
        owner = session.get_one(Account, application.created_by)
        person = sessions.actor_for(session, owner)
        key = credentials.add_key(session, person, application.id, name="Ovens")
        cookie = sessions.open_session(session, owner, browser="test", now=utc_now()).secret
        token = tokens.mint_token(session, person, name="t", scopes=[Permission.READ_APPLICATION], days=1).secret
    client = seeded.app.test_client()
    client.set_cookie("guichet", cookie, domain="localhost")

    def shown():
        """The last use of the key in the management API, and its line on the page of the application."""
        address, bearer = f"/v1/applications/{application.id}/credentials", {"Authorization": f"Bearer {token}"}
        listed = client.get(address, headers=bearer).json["items"]
        page = client.get(f"/en/applications/{application.id}").text
        (line,) = [row for row in page.split("<tr") if key.credential.display in row]
        return next(each["last_used_at"] for each in listed if each["id"] == key.credential.id), line

    begun, (before, page_before) = utc_now(), shown()
    # Nobody answers behind the demonstration's API here; a key that was found good was used all the same.
    called = client.get("/api/air-quality/v1/stations", headers={"X-API-Key": key.secret}, buffered=True)
    seeded.house.flush_usage()
    after, page_after = shown()

    assert called.json["code"] == "upstream-unreachable"
    assert (before, "never" in page_before) == (None, True)
    assert begun <= datetime.fromisoformat(after) <= utc_now()
    assert "never" not in page_after
    assert "<time" in page_after.split("Last used", 1)[1]


def test_a_base_url_that_leads_back_to_the_gateway_is_refused_even_where_loopback_is_allowed(seeded):
    for back in ("127.0.0.1", "127.0.0.2", "localhost"):
        with pytest.raises(AddressRefused, match="gateway"):
            check_base_url(f"http://{back}:8000/api", seeded.house.policy)
    assert check_base_url("http://127.0.0.1:9001", seeded.house.policy).port == 9001


def test_a_base_url_that_leads_to_where_the_server_listens_is_refused_whatever_the_public_address(tmp_path):
    given = {"GUICHET_PUBLIC_URL": "https://guichet.example.ca", "HOST": "0.0.0.0", "PORT": "9000"}  # noqa: S104 - read, not bound
    given |= {"GUICHET_DATA": str(tmp_path), "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8"}
    settings = Settings.from_environment(given)

    policy = create_app(settings, BUILT_IN, link_to(settings.public_url)).extensions["guichet"].policy

    with pytest.raises(AddressRefused, match="gateway"):
        check_base_url("http://127.0.0.2:9000", policy)
    assert check_base_url("http://127.0.0.2:9001", policy).port == 9001


def test_a_base_url_that_leads_to_the_measures_is_refused(tmp_path):
    given = {"GUICHET_METRICS": "127.0.0.1:9464", "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8"}
    settings = Settings.from_environment(given | {"GUICHET_DATA": str(tmp_path)})

    policy = create_app(settings, BUILT_IN, link_to(settings.public_url)).extensions["guichet"].policy

    with pytest.raises(AddressRefused, match="gateway"):
        check_base_url("http://127.0.0.1:9464", policy)


@pytest.mark.parametrize("shared", [False, True])
def test_the_ledger_is_the_machines_own_unless_one_is_named(tmp_path, empty_valkey, shared):
    named = {"GUICHET_LEDGER_URL": empty_valkey.url} if shared else {}
    settings = Settings.from_environment(named | {"GUICHET_DATA": str(tmp_path)})

    ledger = create_app(settings, BUILT_IN, link_to(settings.public_url)).extensions["guichet"].ledger

    assert ledger.is_shared is shared
    assert ledger.left((Charge("sub_nobody", ()),)).admitted
    assert (tmp_path / "ledger.table").exists() is not shared
    ledger.close()


def test_importing_the_gateway_wakes_neither_flask_nor_sqlalchemy():
    script = "import sys, gateway, gateway.pipeline; sys.exit(bool({'flask', 'sqlalchemy'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
