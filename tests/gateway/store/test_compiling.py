import pytest

from gateway.domain.lifecycle import VersionState
from gateway.domain.plans import Window
from gateway.pipeline.plugins import ask_plugins
from gateway.pipeline.refusals import Failure
from gateway.pipeline.service import Waits
from gateway.pipeline.snapshot import Operation
from gateway.plugin.registry import Registry
from gateway.services import apis, plans, publishing, versions
from gateway.services.actor import system, utc_now
from gateway.store import changes
from gateway.store.catalogue import PluginBinding
from gateway.store.compiling import StoreCatalogue
from gateway.upstream.addresses import parse_base_url
from plugins import BUILT_IN
from tests.builders import a_call
from tests.fixtures.consuming import counted_queries
from tests.fixtures.publishing import SEALER, keyless_plan, published_api

ISSUER = "https://guichet.example.ca"


def catalogue_of(seeded) -> StoreCatalogue:
    return StoreCatalogue(seeded.house.database, Registry(BUILT_IN), ISSUER, parse_base_url, SEALER)


def test_the_snapshot_is_what_was_published(seeded):
    snapshot = catalogue_of(seeded).compile()

    assert set(snapshot.versions) == {("air-quality", 1), ("ferries", 1)}
    ferries = snapshot.versions["ferries", 1]
    assert ferries.state is VersionState.PUBLISHED
    assert ferries.operations == (Operation("GET", "/crossings"), Operation("POST", "/crossings/{crossing}/notes"))
    (target,) = ferries.service.targets
    assert (target.host, target.port) == ("127.0.0.1", 65535)
    assert (ferries.service.waits, ferries.service.owner) == (Waits(), ferries.environment_id)
    assert len(snapshot.public_keys) == 1
    assert snapshot.audience_of("ferries") == f"{ISSUER}/api/ferries"


def test_a_draft_is_not_in_it_and_a_retired_version_stays_to_say_so(seeded):
    with seeded.house.database.begin() as session:
        ferries = apis.get_api(session, system(), "ferries")
        publishing.deprecate(session, system(), ferries.versions[0].id)
        publishing.retire(session, system(), ferries.versions[0].id)
        versions.create_version(session, system(), apis.get_api(session, system(), "air-quality").id)

    snapshot = catalogue_of(seeded).compile()

    assert snapshot.versions["ferries", 1].state is VersionState.RETIRED
    assert ("air-quality", 2) not in snapshot.versions


def test_chosen_plugins_are_bound_in_running_order(seeded):
    with seeded.house.database.begin() as session:
        version = apis.get_api(session, system(), "ferries").versions[0]
        for name, config in {"request-size": {}, "maintenance": {"until": "2030-01-01T00:00:00+00:00"}}.items():
            session.add(PluginBinding(api_version_id=version.id, name=name, config=config))

    bound = catalogue_of(seeded).compile().versions["ferries", 1].plugins

    assert [binding.plugin.name for binding in bound] == ["maintenance", "request-size"]
    assert {"max_bytes": 1_048_576} in [binding.config for binding in bound]


def test_an_api_whose_plugin_is_not_installed_is_refused_and_the_operator_is_told_once(seeded, caplog):
    with seeded.house.database.begin() as session:
        for name in ("ferries", "air-quality"):
            version = apis.get_api(session, system(), name).versions[0]
            session.add(PluginBinding(api_version_id=version.id, name="gone-away", config={"only": "10.0.0.0/8"}))
        session.add(PluginBinding(api_version_id=version.id, name="request-size", config={}))

    snapshot = catalogue_of(seeded).compile()

    for compiled in snapshot.versions.values():
        with pytest.raises(Failure, match="plugin-missing"):
            next(ask_plugins(compiled.stages.arriving, a_call()))
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "gone-away" in told.getMessage()
    assert all(compiled.version_id in told.getMessage() for compiled in snapshot.versions.values())


def test_compiling_takes_five_queries_whatever_the_number_of_apis(database, publisher, department, holidays):
    compiler = StoreCatalogue(database, Registry(BUILT_IN), ISSUER, parse_base_url, SEALER)
    with counted_queries(database) as for_one:
        assert len(compiler.compile().versions) == 1
    with database.begin() as session:
        for name in ("tides", "trains", "trails"):
            published_api(session, publisher, department, name=name)

    with counted_queries(database) as for_four:
        assert len(compiler.compile().versions) == 4

    assert len(for_one) == len(for_four) == 5


def test_what_is_compiled_is_one_moment_of_the_store_although_somebody_publishes_meanwhile(
    database, publisher, department, holidays
):
    class Meddling(Registry):
        def bind(self, chosen):
            if not self.__dict__.setdefault("meddled", False):
                self.meddled = True
                with database.begin() as session:
                    published_api(session, publisher, department, name="tides")
                    version = apis.get_api(session, system(), "holidays").versions[0]
                    publishing.deprecate(session, system(), version.id)
            return super().bind(chosen)

    with database.begin() as session:
        version = apis.get_api(session, system(), "holidays").versions[0]
        session.add(PluginBinding(api_version_id=version.id, name="request-size", config={}))
    compiler = StoreCatalogue(database, Meddling(BUILT_IN), ISSUER, parse_base_url, SEALER)

    first, second = compiler.compile(), compiler.compile()

    assert {name: version.state for (name, _), version in first.versions.items()} == {
        "holidays": VersionState.PUBLISHED
    }
    assert second.versions["holidays", 1].state is VersionState.DEPRECATED
    assert second.versions["tides", 1].operations
    assert compiler.changes_since(first.revision).catalogue


def test_settings_that_a_plugin_no_longer_takes_hold_back_their_version_and_the_operator_is_told_why(seeded, caplog):
    with seeded.house.database.begin() as session:
        version = apis.get_api(session, system(), "ferries").versions[0]
        session.add(PluginBinding(api_version_id=version.id, name="request-size", config={"max_bytes": "many"}))

    versions = catalogue_of(seeded).compile().versions

    with pytest.raises(Failure, match="plugin-missing"):
        next(ask_plugins(versions["ferries", 1].stages.arriving, a_call()))
    assert not versions["air-quality", 1].plugins
    assert version.id in caplog.text
    assert "max_bytes: Expected: a whole number" in caplog.text


def test_a_row_that_nobody_could_have_written_leaves_the_last_good_snapshot_in_force(seeded, caplog):
    runtime = seeded.app.extensions["guichet_runtime"]
    good = runtime.snapshot()
    with seeded.house.database.begin() as session:
        version = apis.get_api(session, system(), "ferries").versions[0]
        binding = PluginBinding(api_version_id=version.id, name="request-size", config=7)
        session.add(binding)
        changes.announce(session, changes.CATALOGUE, utc_now())

    assert runtime.snapshot() is good
    assert "the catalogue cannot be compiled" in caplog.text

    with seeded.house.database.begin() as session:
        session.delete(session.merge(binding))
        changes.announce(session, changes.CATALOGUE, utc_now())
    assert runtime.snapshot().revision > good.revision


def test_changes_are_told_since_a_cursor(seeded):
    compiler = catalogue_of(seeded)
    start = compiler.changes_since(0)
    assert start.catalogue
    assert seeded.client.client_id in start.applications

    assert not compiler.changes_since(start.cursor).catalogue
    assert compiler.compile().revision == start.cursor


def test_the_open_keyless_plan_of_an_api_holds_for_all_its_versions_until_it_is_closed(
    database, publisher, department, holidays
):
    compiler = StoreCatalogue(database, Registry(BUILT_IN), ISSUER, parse_base_url, SEALER)
    with database.begin() as session:
        session.merge(department).time_zone = "America/Vancouver"
        plan_id = keyless_plan(session, publisher, holidays, costs={"GET /holidays": 2}).id
        published_api(session, publisher, department, name="tides")

    compiled = compiler.compile()
    of_everybody = compiled.versions["holidays", 1].keyless
    with database.begin() as session:
        plans.close_plan(session, publisher, plan_id)

    assert of_everybody
    assert (of_everybody.subscription_id, of_everybody.plan_id) == ("", plan_id)
    assert of_everybody.windows == (Window("minute", 30, per="address", zone="America/Vancouver"),)
    assert (of_everybody.costs, of_everybody.plan_name.fr) == ({"GET /holidays": 2}, "Libre")
    assert compiled.versions["tides", 1].keyless is None
    assert compiler.compile().versions["holidays", 1].keyless is None
    assert compiled.address_key == SEALER.address_key
    assert SEALER.address_key.hex() not in repr(compiled)
    assert repr(SEALER.address_key) not in repr(compiled)
