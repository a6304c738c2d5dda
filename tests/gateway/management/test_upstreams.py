"""Where a version's calls go and how its service is reached, by HTTP."""

from typing import Any

import pytest

from gateway.services.actor import utc_now
from tests.pem import pasted

AS_IT_IS = {"If-Match": "*"}
PLAIN = {
    "targets": [{"base_url": "https://new.example.ca", "weight": 1}],
    "waits": {"connect": 3.0, "first_byte": 30.0, "idle": 30.0, "total": None},
    "retries": 1,
    "check": None,
    "tls": None,
    "most_in_flight": 256,
    "allows_upgrade": False,
}


@pytest.fixture
def upstream(world):
    """The address of a draft's upstream."""
    return f"/v1/versions/{world.id('draft v1')}/upstream"


def full() -> tuple[dict[str, Any], str]:
    """All that can be said, and the key in it."""
    ours = pasted(now=utc_now())
    return {
        "targets": [{"base_url": "https://a.example.ca/v1", "weight": 3}, {"base_url": "https://b.ca", "weight": 1}],
        "waits": {"connect": 1.5, "first_byte": 10.0, "idle": 20.0, "total": 60.0},
        "retries": 2,
        "check": {"path": "/health", "every": 5.0, "timeout": 1.0},
        "tls": {"authorities": ours.certificate, "certificate": ours.certificate, "key": ours.key},
        "most_in_flight": 9,
        "allows_upgrade": True,
    }, ours.key


def without_about(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "about"}


def test_an_address_is_enough_and_the_rest_is_told(world, upstream):
    said = {"targets": [{"base_url": "https://new.example.ca"}]}

    put = world.ask("PUT", upstream, by="publisher", json=said, headers=world.tag(upstream, by="publisher"))

    assert put.status_code == 200, put.text
    assert without_about(put.json) == PLAIN
    assert put.json["about"] == {"certificate": None, "proof_made_at": None, "unknown_hosts": []}
    assert world.get(upstream, by="publisher") == put.json


def test_all_that_is_said_is_read_back_without_the_key_and_can_be_sent_back(world, upstream):
    said, key = full()

    put = world.ask("PUT", upstream, by="publisher", json=said, headers=AS_IT_IS)
    read = world.ask("GET", upstream, by="publisher")
    again = world.ask(
        "PUT", upstream, by="publisher", json=without_about(read.json), headers={"If-Match": read.headers["ETag"]}
    )

    said["tls"].pop("key")
    assert without_about(put.json) == without_about(read.json) == without_about(again.json) == said
    assert read.json["about"]["certificate"]["subject"] == "CN=gateway.example.ca"
    assert again.headers["ETag"] == read.headers["ETag"]
    assert key.splitlines()[1] not in put.text + read.text + again.text


def test_every_fault_is_pointed_at_in_the_readers_language(world, upstream):
    said = {
        "targets": [{"base_url": "https://a.ca"}, {"base_url": "http://a.ca:0"}],
        "waits": {"connect": 99},
        "check": {"path": "x"},
        "tls": {"certificate": "x"},
    }

    reply = world.ask("PUT", upstream, by="publisher", json=said, headers={"If-Match": "*", "Accept-Language": "fr"})

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")
    told = {each["pointer"]: each["message"] for each in reply.json["errors"]}
    assert set(told) == {"/targets/1/base_url", "/waits/connect", "/check/path", "/tls/certificate"}
    assert told["/waits/connect"] == "Indiquez un nombre de 0,1 à 30."


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({}, "/targets"),
        ({"targets": [{}]}, "/targets/0/base_url"),
        ({"targets": [{"base_url": "https://a.ca", "weight": 0}]}, "/targets/0/weight"),
        ({"targets": [{"base_url": "https://a.ca"}] * 17}, "/targets"),
        ({"targets": [{"base_url": "https://a.ca"}], "retries": 1.5}, "/retries"),
        ({"targets": [{"base_url": "https://a.ca"}], "waits": {"connect": "NaN"}}, "/waits/connect"),
        ({"targets": [{"base_url": "https://a.ca"}], "waits": None}, "/waits"),
        ({"targets": [{"base_url": "https://a.ca"}], "tls": {"secret": "x"}}, "/tls/secret"),
        ({"targets": [{"base_url": "https://a.ca"}], "base_url": "https://a.ca"}, "/base_url"),
    ],
)
def test_what_has_another_shape_is_refused(world, upstream, said, pointer):
    reply = world.ask("PUT", upstream, by="publisher", json=said, headers=AS_IT_IS)

    assert reply.status_code == 422
    assert [each["pointer"] for each in reply.json["errors"]] == [pointer]


@pytest.mark.parametrize("base_url", ["file:///etc/passwd", "https://user@example.ca", "nowhere", "https://x.ca/?a=b"])
def test_an_address_that_cannot_be_used_is_refused(world, upstream, base_url):
    reply = world.ask("PUT", upstream, by="publisher", json={"targets": [{"base_url": base_url}]}, headers=AS_IT_IS)

    assert (reply.status_code, reply.json["code"]) == (422, "address-refused")
    assert reply.json["errors"][0]["pointer"] == "/targets/0/base_url"


def test_a_name_that_leads_nowhere_yet_is_taken_and_told(world, upstream):
    said = {"targets": [{"base_url": "https://nobody.invalid"}]}

    put = world.ask("PUT", upstream, by="publisher", json=said, headers=AS_IT_IS)

    assert (put.status_code, put.json["about"]["unknown_hosts"]) == (200, ["nobody.invalid"])


def test_a_version_whose_calls_go_nowhere_yet_says_so(world):
    made = world.ask("POST", f"/v1/apis/{world.id('holidays')}/versions", by="publisher").json

    assert world.ask("GET", f"/v1/versions/{made['id']}/upstream", by="publisher").status_code == 404


def test_the_secret_of_the_proof_is_told_once_and_the_proof_can_end(world, upstream):
    made = world.ask("POST", f"{upstream}/proof", by="publisher")
    renewed = world.ask("POST", f"{upstream}/proof", by="publisher")
    signed = world.ask("GET", upstream, by="publisher")
    ended = world.ask("DELETE", f"{upstream}/proof", by="publisher")
    twice = world.ask("DELETE", f"{upstream}/proof", by="publisher")

    assert (made.status_code, renewed.status_code, ended.status_code, twice.status_code) == (201, 201, 204, 409)
    assert made.json["secret"] != renewed.json["secret"]
    assert signed.json["about"]["proof_made_at"]
    assert renewed.json["secret"] not in signed.text
    assert renewed.headers["Cache-Control"] == "no-store"
    assert world.get(upstream, by="publisher")["about"]["proof_made_at"] is None


def test_the_document_describes_each_member_in_both_languages_and_its_limits(world):
    schemas = world.get("/v1/openapi.json")["components"]["schemas"]

    for name in ("TargetBody", "WaitsBody", "CheckBody", "TlsBody"):
        assert all(each["description"] != each["x-description-fr"] for each in schemas[name]["properties"].values())
        assert all("example" in each for each in schemas[name]["properties"].values())
    assert schemas["TlsBody"]["properties"]["key"]["writeOnly"] is True
    assert (schemas["WaitsBody"]["properties"]["connect"]["minimum"], schemas["UpstreamBody"]["required"]) == (
        0.1,
        ["targets"],
    )
