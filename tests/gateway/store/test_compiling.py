from gateway.domain.lifecycle import VersionState
from gateway.pipeline.snapshot import Operation
from gateway.plugin.registry import Registry
from gateway.services import apis, publishing, versions
from gateway.services.actor import system
from gateway.store.catalogue import PluginBinding
from gateway.store.compiling import StoreCatalogue
from gateway.upstream.addresses import parse_base_url
from plugins import BUILT_IN
from tests.fixtures.consuming import counted_queries

ISSUER = "https://guichet.example.ca"


def catalogue_of(seeded) -> StoreCatalogue:
    return StoreCatalogue(seeded.house.database, Registry(BUILT_IN), ISSUER, parse_base_url)


def test_the_snapshot_is_what_was_published(seeded):
    snapshot = catalogue_of(seeded).compile()

    assert set(snapshot.versions) == {("air-quality", 1), ("ferries", 1)}
    ferries = snapshot.versions["ferries", 1]
    assert ferries.state is VersionState.PUBLISHED
    assert ferries.operations == (Operation("GET", "/crossings"), Operation("POST", "/crossings/{crossing}/notes"))
    assert (ferries.target.host, ferries.target.port, ferries.target.read_timeout) == ("127.0.0.1", 65535, 30.0)
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
        for name, config in {"maintenance": {"until": "2030-01-01T00:00:00+00:00"}, "request-size": {}}.items():
            session.add(PluginBinding(api_version_id=version.id, name=name, config=config))

    bound = catalogue_of(seeded).compile().versions["ferries", 1].plugins

    assert [binding.plugin.name for binding in bound] == [plugin.name for plugin in BUILT_IN]
    assert {"max_bytes": 1_048_576} in [binding.config for binding in bound]


def test_compiling_takes_as_many_queries_for_two_apis_as_for_one(seeded):
    compiler = catalogue_of(seeded)

    with counted_queries(seeded.house.database) as queries:
        compiler.compile()

    assert len(queries) <= 6


def test_changes_are_told_since_a_cursor(seeded):
    compiler = catalogue_of(seeded)
    start = compiler.changes_since(0)
    assert start.catalogue
    assert seeded.client.client_id in start.applications

    assert not compiler.changes_since(start.cursor).catalogue
    assert compiler.compile().revision == start.cursor
