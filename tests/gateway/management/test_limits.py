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

    def override(tag, windows, reason):
        body = {"windows": windows, "reason": reason}
        return world.ask("POST", address, by="publisher", headers={"If-Match": tag}, json=body)

    first = world.ask("GET", address, by="publisher").headers["ETag"]
    own = override(first, [DAY, RATE], "Census week")
    stale = override(first, [], "It is over")
    plans = override(own.headers["ETag"], [], "It is over")
    without = override("*", [], " ")

    assert bare(own.json["windows"]) == [("minute", 60, 0), ("day", 5_000, 0), ("rate-second", 10, 25)]
    assert bare(plans.json["windows"]) == [("minute", 60, 0), ("day", 1_000, 0)]
    assert (without.status_code, without.json["errors"][0]["field"]) == (422, "reason")
    assert stale.status_code == 412


def change(world, what, tag, **body):
    address = f"/v1/subscriptions/{world.id('subscription')}/limits/{what}"
    method = "PUT" if what == "extra" else "POST"
    return world.ask(method, address, by="operator", headers={"If-Match": tag}, json=body)


def test_an_operator_grants_extra_calls_and_resets_and_everybody_concerned_reads_why(world):
    address = f"/v1/subscriptions/{world.id('subscription')}/limits"
    tag = world.ask("GET", address, by="operator").headers["ETag"]

    granted = change(world, "extra", tag, window="day", calls=500, reason="Census week")
    again = change(world, "extra", tag, window="day", calls=500, reason="Census week")
    reset = change(world, "reset", granted.headers["ETag"], windows=["day"], reason="Our mistake")

    assert (granted.status_code, again.status_code, reset.status_code) == (200, 412, 200)
    told = world.get(address, by="developer")
    assert told == reset.json
    assert bare(told["windows"]) == [("minute", 60, 0), ("day", 1_500, 0)]
    assert [(each["window"], each["calls"], each["reason"]) for each in told["extras"]] == [("day", 500, "Census week")]
    assert [(each["window"], each["reason"]) for each in told["resets"]] == [("day", "Our mistake")]
    assert told["own"] == []


def test_a_grant_says_until_when_and_a_faulty_one_which_field(world):
    granted = change(world, "extra", "*", window="day", calls=5, until="2026-12-01T00:00:00-05:00", reason="x")
    past = change(world, "extra", "*", window="day", calls=5, until="2020-12-01T00:00:00Z", reason="x")

    assert granted.json["extras"][0]["until"] == "2026-12-01T05:00:00+00:00"
    assert (past.status_code, past.json["errors"][0]["field"]) == (422, "until")


def test_a_department_says_where_its_days_begin(world):
    address = f"/v1/organisations/{world.id('heritage')}"
    names = {"name_en": "Heritage", "name_fr": "Patrimoine"}

    changed = world.ask(
        "PATCH", address, by="publisher", headers={"If-Match": "*"}, json=names | {"time_zone": "America/St_Johns"}
    )

    assert (changed.status_code, changed.json["time_zone"]) == (200, "America/St_Johns")
    assert world.get(f"/v1/apis/{world.id('holidays')}/limits", by="publisher")["time_zone"] == "America/St_Johns"
