import json
import stat

import pytest

from demo import seed
from gateway.services import accounts, upstreams
from gateway.services.actor import system
from gateway.services.tries import Origin
from gateway.services.upstream_laws import at
from gateway.store.catalogue import api_by_name


def test_seeding_again_leaves_everything_as_it_is(seeded):
    before = (seeded.data / "demo-accounts.json").read_text(encoding="utf-8")

    assert seed.seed(seeded.house, seeded.data / "demo-accounts.json") is None
    assert (seeded.data / "demo-accounts.json").read_text(encoding="utf-8") == before


def test_a_store_with_accounts_of_its_own_gets_no_demonstration(settings, seeded, tmp_path):
    with seeded.house.database.begin() as session:
        for api in seed.DEPARTMENTS:
            found = api_by_name(session, api.api)
            assert found
            found.name = f"real-{found.name}"

    with pytest.raises(seed.NotADemonstration, match="accounts of its own"):
        seed.seed(seeded.house, tmp_path / "accounts.json")
    assert not (tmp_path / "accounts.json").exists()


def test_passwords_are_random_and_kept_for_their_owner_alone(seeded):
    path = seeded.data / "demo-accounts.json"
    people = json.loads(path.read_text(encoding="utf-8"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each["role"] for each in people} == {"operator", "publisher", "developer"}
    assert len({each["password"] for each in people}) == len(people)
    with seeded.house.database.begin() as session:
        for each in people:
            given = {"email": each["email"], "password": each["password"], "origin": Origin("192.0.2.1")}
            accounts.authenticate(session, seeded.house.tries, **given)


def addresses(seeded) -> dict[str, str]:
    with seeded.house.database.read() as session:
        found = [api_by_name(session, department.api) for department in seed.DEPARTMENTS]
        return {api.name: api.versions[0].environments[0].targets[0]["base_url"] for api in found if api}


def test_services_that_moved_are_pointed_to(seeded):
    seed.point_upstreams(seeded.house, {"air-quality": 4001, "ferries": 4002}, {})
    seed.point_upstreams(seeded.house, {"air-quality": 4003, "ferries": 4002}, {"air-quality": 4001, "ferries": 4002})

    assert addresses(seeded) == {"air-quality": "http://127.0.0.1:4003", "ferries": "http://127.0.0.1:4002"}


def test_what_a_publisher_pointed_elsewhere_stays_there(seeded):
    with seeded.house.database.begin() as session:
        api = api_by_name(session, "ferries")
        assert api
        elsewhere = "http://127.0.0.1:9/x"
        version_id, house = api.versions[0].id, seeded.house
        upstreams.set_upstream(session, system(), version_id, at(elsewhere), policy=house.policy, sealer=house.sealer)

    seed.point_upstreams(seeded.house, {"air-quality": 4001, "ferries": 4002}, {})

    assert addresses(seeded) == {"air-quality": "http://127.0.0.1:4001", "ferries": elsewhere}


@pytest.mark.parametrize("kept", [None, "", "[]", '{"ferries": "x"}'])
def test_ports_that_were_not_kept_are_chosen_anew(tmp_path, kept):
    path = tmp_path / "ports.json"
    if kept is not None:
        path.write_text(kept, encoding="utf-8")

    assert seed.known_ports(path) == {}


def test_a_private_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "kept.json"
    seed.write_private(path, "first")
    seed.write_private(path, "second")

    assert path.read_text(encoding="utf-8") == "second\n"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.json"]
