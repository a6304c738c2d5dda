"""ETags and conditional requests (RFC 9110 §13, RFC 6585 §3), pages and their links (RFC 8288)."""

import re

import pytest
from werkzeug.http import parse_options_header

SINGLE = {
    "/v1/account": "developer",
    "/v1/organisations/{bakery}": "developer",
    "/v1/apis/{draft}": "publisher",
    "/v1/versions/{draft v1}": "publisher",
    "/v1/versions/{draft v1}/upstream": "publisher",
    "/v1/versions/{draft v1}/document": "publisher",
    "/v1/plans/{draft plan}": "publisher",
    "/v1/catalogue/holidays": "",
    "/v1/catalogue/holidays/v1/document": "",
    "/v1/applications/{application}": "developer",
    "/v1/subscriptions/{subscription}": "developer",
}
CHANGES = {
    "/v1/organisations/{bakery}": ("PATCH", "developer", {"name_en": "B", "name_fr": "B"}),
    "/v1/apis/{draft}": ("PATCH", "publisher", {"title_en": "Newer"}),
    "/v1/plans/{draft plan}": ("PATCH", "publisher", {"name_en": "Newer"}),
    "/v1/applications/{application}": ("PATCH", "developer", {"name": "Newer"}),
    "/v1/versions/{draft v1}/upstream": ("PUT", "publisher", {"targets": [{"base_url": "https://new.example.ca"}]}),
    "/v1/versions/{draft v1}/plugins": ("PUT", "publisher", {"plugins": {"request-size": {"max_bytes": 5}}}),
}
changed = pytest.mark.parametrize("path", CHANGES)


def change(world, path, headers):
    method, by, body = CHANGES[path]
    return world.ask(method, path.format(**world.built.ids), by=by, json=body, headers=headers)


def tag(world, path):
    read = path.format(**world.built.ids).removesuffix("/plugins")
    return world.ask("GET", read, by=CHANGES[path][1]).headers["ETag"]


@pytest.mark.parametrize(("path", "by"), SINGLE.items())
def test_a_reader_who_has_it_already_is_told_so(world, path, by):
    address = path.format(**world.built.ids)
    first = world.ask("GET", address, by=by)

    for method in ("GET", "HEAD"):
        again = world.ask(method, address, by=by, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    assert world.ask("GET", address, by=by, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_is_shown_has_another_tag_when_its_neighbours_change(world):
    address = f"/v1/apis/{world.id('holidays')}"
    before = world.ask("GET", address, by="publisher").headers["ETag"]
    world.ask("POST", f"/v1/versions/{world.id('holidays v1')}/deprecate", by="publisher")

    reply = world.ask("GET", address, by="publisher", headers={"If-None-Match": before})

    assert reply.status_code == 200
    assert reply.json["versions"][0]["state"] == "deprecated"


def test_who_asks_is_part_of_what_is_kept(world):
    reply = world.ask("GET", f"/v1/versions/{world.id('holidays v1')}", by="publisher")

    assert "Authorization" in reply.vary
    assert reply.headers["Cache-Control"] == "private, no-cache"


@changed
def test_a_change_without_the_version_it_is_meant_for_is_refused(world, path):
    before = tag(world, path)

    reply = change(world, path, {})

    assert (reply.status_code, reply.json["code"]) == (428, "if-match-needed")
    assert tag(world, path) == before


@changed
def test_a_change_meant_for_what_is_there_is_made_and_gives_the_next_tag(world, path):
    before = tag(world, path)

    reply = change(world, path, {"If-Match": before})

    assert reply.status_code == 200, reply.text
    assert reply.headers["ETag"] == tag(world, path) != before


@changed
def test_a_change_meant_for_what_was_there_is_refused(world, path):
    before = tag(world, path)
    assert change(world, path, {"If-Match": before}).status_code == 200
    after = tag(world, path)

    reply = change(world, path, {"If-Match": before})

    assert (reply.status_code, reply.json["code"]) == (412, "stale")
    assert tag(world, path) == after


@pytest.mark.parametrize(
    "given", ["1", '"1"', 'W/"1-0123456789abcdef"', '"1-x"', '"9999999999-0123456789abcdef"', "\xff"]
)
def test_what_is_no_tag_of_ours_matches_nothing(world, given):
    assert change(world, "/v1/apis/{draft}", {"If-Match": given}).status_code == 412


def test_a_star_matches_whatever_is_there(world):
    assert change(world, "/v1/apis/{draft}", {"If-Match": "*"}).status_code == 200


def test_what_was_made_tells_its_address_and_its_tag(world):
    body = {"organisation_id": world.id("bakery"), "name": "Scales"}

    made = world.ask("POST", "/v1/applications", by="developer", json=body)

    assert made.status_code == 201
    read = world.ask("GET", made.headers["Location"], by="developer")
    assert read.json == made.json
    assert read.headers["ETag"] == made.headers["ETag"]
    assert made.headers["Cache-Control"] == "no-store"


def test_a_page_leads_to_its_neighbours(world):
    for number in range(4):
        body = {"organisation_id": world.id("bakery"), "name": f"Scale {number}"}
        assert world.ask("POST", "/v1/applications", by="developer", json=body).status_code == 201

    reply = world.ask("GET", "/v1/applications?q=scale&page=2&per_page=1", by="operator")

    assert (reply.json["page"], reply.json["per_page"], reply.json["total"]) == (2, 1, 4)
    assert links(reply) == {
        "first": "/v1/applications?q=scale&page=1&per_page=1",
        "prev": "/v1/applications?q=scale&page=1&per_page=1",
        "next": "/v1/applications?q=scale&page=3&per_page=1",
        "last": "/v1/applications?q=scale&page=4&per_page=1",
    }


def test_following_the_links_gives_everything_once(world):
    for number in range(4):
        body = {"organisation_id": world.id("bakery"), "name": f"Scale {number}"}
        world.ask("POST", "/v1/applications", by="developer", json=body)

    seen: list[str] = []
    address: str | None = "/v1/applications?per_page=2"
    while address:
        reply = world.ask("GET", address, by="developer")
        seen += [each["name"] for each in reply.json["items"]]
        address = links(reply).get("next")

    assert seen == ["Scale 3", "Scale 2", "Scale 1", "Scale 0", "Ovens"]


def test_a_page_past_the_last_is_empty_and_leads_back(world):
    reply = world.ask("GET", "/v1/catalogue?page=9")

    assert (reply.json["items"], reply.json["total"]) == ([], 1)
    assert set(links(reply)) == {"first", "last"}


def test_the_searched_words_cannot_break_out_of_a_link(world):
    reply = world.ask("GET", '/v1/catalogue?q=%3E%3B+rel%3D"next"%0D%0AX:1')

    assert reply.headers["Link"].count("<") == 2
    assert "\n" not in reply.headers["Link"]


def links(reply) -> dict[str, str]:
    found = {}
    for part in re.split(r", (?=<)", reply.headers["Link"]):
        target, options = parse_options_header(part)
        found[options["rel"]] = target.strip("<>")
    return found
