from gateway.pipeline.refusals import STORE_AWAY, Failure
from gateway.telemetry.version_names import VersionNames
from tests.builders import a_snapshot, a_version


def test_a_version_has_the_name_of_its_api_and_its_number():
    names = VersionNames(lambda: a_snapshot(a_version(api_name="weather", major=2, version_id="ver_2")))

    assert names.of("ver_2") == ("weather", "2")


def test_a_service_is_named_by_the_environment_that_owns_it():
    assert VersionNames(a_snapshot).of("env_1") == ("weather", "1")


def test_a_call_to_no_version_has_no_name():
    assert VersionNames(a_snapshot).of("") == ("", "")


def test_what_has_left_the_snapshot_keeps_its_id_and_is_looked_for_once():
    asked: list[int] = []

    def snapshot():
        asked.append(1)
        return a_snapshot()

    names = VersionNames(snapshot)

    assert [names.of("ver_gone"), names.of("ver_gone")] == [("ver_gone", "")] * 2
    assert asked == [1]


def test_a_version_that_came_later_is_found():
    snapshots = iter([a_snapshot(a_version()), a_snapshot(a_version(), a_version(version_id="ver_new", major=3))])
    names = VersionNames(lambda: next(snapshots))

    assert (names.of("ver_1"), names.of("ver_new")) == (("weather", "1"), ("weather", "3"))


def test_without_a_snapshot_there_are_ids_only():
    def none():
        raise Failure(STORE_AWAY)

    assert VersionNames(none).of("ver_1") == ("ver_1", "")
