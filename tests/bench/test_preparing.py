from bench.preparing import API, asked_routes, prepare
from gateway.plugin import Registry
from gateway.settings import Settings
from gateway.store.compiling import StoreCatalogue
from gateway.store.database import Database
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import parse_base_url
from plugins import BUILT_IN


def test_half_of_the_routes_are_of_the_api_that_is_called_and_half_beside_it(tmp_path):
    environment = {"GUICHET_DATA": str(tmp_path), "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8"}

    prepare(environment, tmp_path, upstream=65_000, routes=80)

    database = Database(Settings.from_environment(environment).database_url)
    sealer = Sealer("-" * 32)
    snapshot = StoreCatalogue(database, Registry(BUILT_IN), "http://127.0.0.1", parse_base_url, sealer).compile()
    database.dispose()
    called = snapshot.versions[API, 1]
    templates = {operation.template for operation in called.operations}
    assert {f"/routes/{number}/{{id}}" for number in range(asked_routes(80))} <= templates
    assert called.service.targets[0].port == 65_000
    beside = [version for (name, _), version in snapshot.versions.items() if name.startswith("beside-")]
    assert [len(version.operations) for version in beside] == [20, 20]
