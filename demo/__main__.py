"""`make run`: everything at once, on this machine, until Ctrl-C.

One process tree: two small services, then gunicorn in this very process, so that nothing is imported twice.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.exc import OperationalError

from demo import announcing, seed, servers
from demo.seed import Client, NotADemonstration
from gateway.app import create_app
from gateway.plugin.installed import installed
from gateway.plugin.registry import PluginError
from gateway.services.actor import utc_now
from gateway.services.house import House
from gateway.settings import SettingError, Settings
from gateway.store.keys import ensure_signing_key
from gateway.store.migrating import migrate
from plugins import BUILT_IN
from portal.site import link_to


def main() -> None:
    """Prepare, start, tell; say in one sentence what stands in the way."""
    started = time.monotonic()
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    try:
        _run(host, port, started)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except (servers.PortTaken, servers.FolderTaken, SettingError, PluginError, NotADemonstration) as error:
        sys.exit(f"{error}")
    except (OSError, OperationalError) as error:
        sys.exit(
            f"The data folder cannot be used: {error}. / Le dossier de données ne peut pas être utilisé : {error}."
        )


def _run(host: str, port: str, started: float) -> None:
    # What is written holds password hashes and messages: nobody else on this machine reads it.
    os.umask(0o077)
    number = servers.port_number(port)
    environment = _environment(host, port)
    os.environ.update(environment)
    settings = Settings.from_environment()
    # First who is here already, then what else may be in the way: the store that runs here has the port too.
    servers.hold(settings.data)
    servers.require_free(host, number)
    # Built here only for its parts: migrating and seeding need the house, the workers build their own.
    plugins = (*BUILT_IN, *installed())
    house: House = create_app(settings, plugins, link_to(settings.public_url)).extensions["guichet"]
    migrate(house.database)
    with house.database.begin() as session:
        ensure_signing_key(session, house.sealer, utc_now())
    client = seed.seed(house, settings.data / "demo-accounts.json") or _known_client(settings.data)
    told = announcing.demonstration(settings.public_url, client)
    # At once: nobody else knows the secret, and the store has only its digest.
    seed.write_private(settings.data / "demo.json", json.dumps(told, indent=2))
    kept = settings.data / "demo-services.json"
    known = seed.known_ports(kept)
    services = {api: servers.start(module, known.get(api, 0)) for api, module in servers.SERVICES.items()}
    with servers.stopped_afterwards(services.values()):
        ports = {api: service.port for api, service in services.items()}
        seed.point_upstreams(house, ports, known)
        seed.write_private(kept, json.dumps(ports))
        words = announcing.words(told, settings.data)
        house.database.dispose()
        servers.serve(host, port, lambda: announcing.show(words, time.monotonic() - started))


def _environment(host: str, port: str) -> Mapping[str, str]:
    """What the demonstration sets unless its user did; the services it starts are on loopback."""
    reachable = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    wanted = {
        "GUICHET_PUBLIC_URL": f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}",
        "GUICHET_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    return {name: os.environ.get(name) or value for name, value in wanted.items()}


def _known_client(data: Path) -> Client:
    """The developer's application of an earlier start."""
    try:
        kept = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        return Client(kept["client_id"], kept["client_secret"])
    except (OSError, ValueError, KeyError):
        raise NotADemonstration(
            f"{data} holds a demonstration whose demo.json is gone; remove the folder to begin again. / "
            f"{data} contient une démonstration dont le fichier demo.json a disparu; supprimez le dossier pour "
            "recommencer."
        ) from None


if __name__ == "__main__":
    main()
