NEW = {
    "code": "more",
    "name_en": "More",
    "name_fr": "Plus",
    "windows": [{"period": "minute", "limit": 60}, {"period": "day", "limit": 1_000}],
    "allows_api_key": True,
}


def bare(reply):
    """The windows, as who says no more than is needed writes them."""
    return [{"period": each["period"], "limit": each["limit"]} for each in reply.json["windows"]]


def test_a_plan_is_made_changed_and_closed(world):
    made = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=NEW)
    address = made.headers["Location"]
    changed = world.ask(
        "PATCH",
        address,
        by="publisher",
        json={"windows": [{"period": "hour", "limit": 5}], "when_away": "share"},
        headers={"If-Match": made.headers["ETag"]},
    )
    closed = world.ask("POST", f"{address}/close", by="publisher")

    assert (made.status_code, bare(made), made.json["allows_api_key"]) == (201, NEW["windows"], True)
    assert (made.json["when_away"], changed.json["when_away"]) == ("leased", "share")
    assert (bare(changed), changed.json["name_en"]) == ([{"period": "hour", "limit": 5}], "More")
    assert closed.json["closed_at"]
    assert world.get(address, by="publisher") == closed.json


def test_a_code_is_taken_once_in_an_api(world):
    reply = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=NEW | {"code": "standard"})

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (409, "code")


def test_each_period_is_given_once(world):
    body = NEW | {"windows": [{"period": "day", "limit": 1}, {"period": "day", "limit": 2}]}

    reply = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=body)

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/windows")


def test_what_happens_while_calls_cannot_be_counted_is_one_of_three_choices(world):
    body = NEW | {"when_away": "admit"}

    reply = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=body)

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/when_away")


def test_the_plans_of_an_api_are_listed(world):
    listed = world.get(f"/v1/apis/{world.id('holidays')}/plans", by="stranger")["items"]

    assert {(each["code"], each["name_fr"]) for each in listed} == {("standard", "Normal"), ("larger", "Normal")}


def test_every_kind_of_limit_and_costs_are_taken_and_told(world):
    windows = [
        {"period": "second", "limit": 10, "kind": "rate", "burst": 25, "per": "credential"},
        {"period": "day", "limit": 500, "kind": "rolling", "per": "operation"},
        {"period": "call", "limit": 4, "kind": "concurrency", "per": "operation"},
    ]
    body = NEW | {"windows": windows, "costs": {"GET /days/{id}": 5}}

    made = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=body)

    assert made.status_code == 201
    names = ("credential-rate-second", "operation-rolling-day", "operation-concurrency")
    assert made.json["windows"] == [
        {"burst": 0, **window, "name": name} for window, name in zip(windows, names, strict=True)
    ]
    assert (made.json["costs"], made.json["time_zone"]) == ({"GET /days/{id}": 5}, "UTC")


def test_a_cost_that_is_no_number_is_a_fault_of_its_field(world):
    body = NEW | {"costs": {"GET /days": "many"}}

    reply = world.ask("POST", f"/v1/apis/{world.id('draft')}/plans", by="publisher", json=body)

    assert reply.status_code == 422
    assert reply.json["errors"][0]["field"].startswith("costs")


def test_a_plan_without_a_key_is_made_and_told_in_the_catalogue_beside_the_others(world):
    open_to_all = NEW | {"allows_api_key": False, "keyless": True}
    of_each = [{"period": "minute", "limit": 60, "per": "address"}]
    address = f"/v1/apis/{world.id('holidays')}/plans"

    made = world.ask("POST", address, by="publisher", json=open_to_all | {"windows": of_each})
    second = world.ask("POST", address, by="publisher", json=open_to_all | {"windows": of_each, "code": "second"})
    wrong = world.ask("POST", address, by="publisher", json=open_to_all | {"code": "third"})
    shown = world.get("/v1/catalogue/holidays", by="stranger")

    assert (made.status_code, made.json["keyless"], made.json["windows"][0]["name"]) == (201, True, "address-minute")
    assert (second.status_code, second.json["errors"][0]["pointer"]) == (422, "/keyless")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "keyless")
    assert shown["keyless"]["id"] == made.json["id"]
    assert all(not plan["keyless"] for plan in shown["plans"])
