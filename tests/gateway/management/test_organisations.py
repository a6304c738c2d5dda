def test_departments_are_for_everyone_to_see(world):
    listed = world.get("/v1/departments")["items"]

    assert [each["slug"] for each in listed] == ["heritage", "transport"]
    assert {each["kind"] for each in listed} == {"department"}


def test_an_operator_makes_a_department_and_its_first_publisher(world):
    body = {"slug": "parks", "name_en": "Parks", "name_fr": "Parcs"}
    made = world.ask("POST", "/v1/departments", by="operator", json=body)
    address = made.headers["Location"]

    joined = world.ask(
        "POST", f"{address}/members", by="operator", json={"email": "stranger@example.org", "role": "publisher"}
    )

    assert (made.status_code, joined.status_code) == (201, 201)
    assert (joined.json["name"], joined.json["role"]) == ("Stranger", "publisher")
    assert world.get(address, by="stranger")["name_fr"] == "Parcs"


def test_a_department_cannot_be_made_twice(world):
    body = {"slug": "heritage", "name_en": "H", "name_fr": "P"}

    reply = world.ask("POST", "/v1/departments", by="operator", json=body)

    assert (reply.status_code, reply.json["errors"][0]["field"]) == (409, "slug")


def test_a_member_joins_once_and_leaves(world):
    address = f"/v1/organisations/{world.id('bakery')}/members"
    body = {"email": "stranger@example.org", "role": "developer"}
    joined = world.ask("POST", address, by="developer", json=body)

    again = world.ask("POST", address, by="developer", json=body)
    left = world.ask("DELETE", f"{address}/{joined.json['id']}", by="developer")

    assert (joined.status_code, again.status_code, again.json["code"]) == (201, 409, "already-done")
    assert (left.status_code, left.data) == (204, b"")
    assert {each["name"] for each in world.get(address, by="developer")["items"]} == {"Developer", "Colleague"}


def test_the_last_member_stays(world):
    address = f"/v1/organisations/{world.id('florist')}/members"
    (only,) = world.get(address, by="operator")["items"]

    last = world.ask("DELETE", f"{address}/{only['id']}", by="operator")

    assert (last.status_code, last.json["errors"][0]["field"]) == (422, "membership_id")


def test_one_sees_the_organisations_one_belongs_to(world):
    listed = world.get("/v1/organisations", by="stranger")["items"]

    assert {each["slug"] for each in listed} == {"florist", "transport"}
