import json
import stat

import pytest

from demo import seed
from gateway.services import accounts
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
            accounts.authenticate(session, seeded.house.ledger, email=each["email"], password=each["password"])


def test_services_that_moved_are_pointed_to_and_others_are_left(seeded):
    seed.point_upstreams(seeded.house, {"air-quality": 4001, "ferries": 4002})
    assert seed.known_ports(seeded.house) == {"air-quality": 4001, "ferries": 4002}

    with seeded.house.database.read() as session:
        api = api_by_name(session, "ferries")
        assert api
        version = api.versions[0].version
    seed.point_upstreams(seeded.house, {"air-quality": 4003, "ferries": 4002})

    assert seed.known_ports(seeded.house) == {"air-quality": 4003, "ferries": 4002}
    with seeded.house.database.read() as session:
        api = api_by_name(session, "ferries")
        assert api
        assert api.versions[0].version == version


def test_a_private_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "kept.json"
    seed.write_private(path, "first")
    seed.write_private(path, "second")

    assert path.read_text(encoding="utf-8") == "second\n"
    assert [each.name for each in tmp_path.iterdir()] == ["kept.json"]
