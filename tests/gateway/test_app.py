import json
import subprocess
import sys

import pytest

from gateway.app import create_app
from gateway.settings import Settings
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


def test_importing_the_gateway_wakes_neither_flask_nor_sqlalchemy():
    script = "import sys, gateway, gateway.pipeline; sys.exit(bool({'flask', 'sqlalchemy'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
