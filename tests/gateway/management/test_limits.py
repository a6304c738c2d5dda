from typing import Any

RATE = {"period": "second", "limit": 10, "kind": "rate", "burst": 25}
DAY = {"period": "day", "limit": 5_000}


def bare(windows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["name"], each["limit"], each["burst"]) for each in windows]


def test_an_api_has_limits_for_all_plans_and_caps_for_all_callers(world):
    address = f"/v1/apis/{world.id('holidays')}/limits"
    tag = world.ask("GET", address, by="publisher").headers["ETag"]

    changed = world.ask(
        "PATCH", address, by="publisher", headers={"If-Match": tag}, json={"defaults": [RATE], "caps": [DAY]}
    )

    assert changed.status_code == 200
    assert bare(changed.json["defaults"]) == [("rate-second", 10, 25)]
    assert bare(changed.json["caps"]) == [("api-day", 5_000, 0)]
    assert world.get(address, by="publisher") == changed.json
    again = world.ask("PATCH", address, by="publisher", headers={"If-Match": tag}, json={"caps": []})
    assert again.status_code == 412


def test_what_is_left_out_of_an_apis_limits_stays(world):
    address, headers = f"/v1/apis/{world.id('holidays')}/limits", {"If-Match": "*"}
    world.ask("PATCH", address, by="publisher", headers=headers, json={"defaults": [RATE]})

    changed = world.ask("PATCH", address, by="publisher", headers=headers, json={"caps": [DAY]})

    assert bare(changed.json["defaults"]) == [("rate-second", 10, 25)]


def test_a_subscription_gets_limits_of_its_own_with_a_reason_and_loses_them_again(world):
    address = f"/v1/subscriptions/{world.id('subscription')}/limits"

    own = world.ask("POST", address, by="publisher", json={"windows": [DAY, RATE], "reason": "Census week"})
    plans = world.ask("POST", address, by="publisher", json={"windows": [], "reason": "It is over"})
    without = world.ask("POST", address, by="publisher", json={"windows": [], "reason": " "})

    assert bare(own.json["windows"]) == [("minute", 60, 0), ("day", 5_000, 0), ("rate-second", 10, 25)]
    assert bare(plans.json["windows"]) == [("minute", 60, 0), ("day", 1_000, 0)]
    assert (without.status_code, without.json["errors"][0]["field"]) == (422, "reason")


def test_a_department_says_where_its_days_begin(world):
    address = f"/v1/organisations/{world.id('heritage')}"
    names = {"name_en": "Heritage", "name_fr": "Patrimoine"}

    changed = world.ask(
        "PATCH", address, by="publisher", headers={"If-Match": "*"}, json=names | {"time_zone": "America/St_Johns"}
    )

    assert (changed.status_code, changed.json["time_zone"]) == (200, "America/St_Johns")
    assert world.get(f"/v1/apis/{world.id('holidays')}/limits", by="publisher")["time_zone"] == "America/St_Johns"
