import pytest

NEW = {"name": "tides", "title_en": "Tides", "title_fr": "Marées"}


def test_an_api_begins_with_a_draft_of_its_first_version(world):
    made = world.ask("POST", "/v1/apis", by="publisher", json=NEW | {"organisation_id": world.id("heritage")})

    assert made.status_code == 201
    assert [(each["major"], each["state"]) for each in made.json["versions"]] == [(1, "draft")]
    assert world.get(made.headers["Location"], by="publisher") == made.json
    assert world.get("/v1/apis/tides", by="publisher") == made.json


def test_a_name_is_taken_once(world):
    body = NEW | {"organisation_id": world.id("heritage"), "name": "holidays"}

    reply = world.ask("POST", "/v1/apis", by="publisher", json=body)

    assert (reply.status_code, reply.json["code"], reply.json["errors"][0]["pointer"]) == (409, "name-taken", "/name")


def test_what_is_left_out_of_a_change_stays(world):
    address = f"/v1/apis/{world.id('draft')}"

    changed = world.ask(
        "PATCH", address, by="publisher", json={"title_fr": "Plans"}, headers=world.tag(address, by="publisher")
    )

    assert (changed.json["title_en"], changed.json["title_fr"]) == ("Secret plans", "Plans")


def test_a_published_api_keeps_both_languages(world):
    reply = world.ask(
        "PATCH",
        f"/v1/apis/{world.id('holidays')}",
        by="publisher",
        json={"description_fr": ""},
        headers={"If-Match": "*"},
    )

    assert (reply.status_code, reply.json["code"], reply.json["missing"]) == (422, "both-languages", ["description_fr"])


def test_one_lists_what_ones_departments_publish_and_prepare(world):
    assert [each["name"] for each in world.get("/v1/apis", by="publisher")["items"]] == ["holidays", "secret-plans"]
    assert world.get("/v1/apis", by="stranger")["items"] == []
    assert world.get("/v1/apis", by="operator")["total"] == 2


def test_a_served_api_is_there_for_every_bearer(world):
    assert world.get(f"/v1/apis/{world.id('holidays')}", by="stranger")["name"] == "holidays"


@pytest.mark.parametrize(
    ("method", "below", "options"),
    [
        ("GET", "", {}),
        ("PATCH", "", {"json": {"title_fr": "Fêtes"}, "headers": {"If-Match": "*"}}),
        ("POST", "/versions", {}),
        ("GET", "/plans", {}),
        (
            "POST",
            "/plans",
            {
                "json": {
                    "code": "more",
                    "name_en": "More",
                    "name_fr": "Plus",
                    "windows": [{"period": "day", "limit": 5}],
                }
            },
        ),
        ("GET", "/subscriptions", {}),
        ("GET", "/usage", {}),
    ],
)
def test_an_api_is_addressed_by_its_id_or_by_its_name(world, method, below, options):
    by_name = world.ask(method, f"/v1/apis/holidays{below}", by="publisher", **options)

    assert by_name.status_code in {200, 201}, by_name.text
    assert world.id("holidays") in by_name.text or below == "/usage"


@pytest.mark.parametrize("below", ["", "/versions", "/plans", "/subscriptions", "/usage"])
@pytest.mark.parametrize("name", ["nothing", "api_nothing", "api_00000000000000000000000000", "HOLIDAYS", "%00"])
def test_what_names_no_api_is_not_found(world, name, below):
    method = "POST" if below == "/versions" else "GET"

    assert world.ask(method, f"/v1/apis/{name}{below}", by="publisher").status_code == 404
