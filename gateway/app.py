"""create_app: opens the adapters, hands them to the faces, returns a Flask app.

The order of the parts is the order of the file. Nothing is opened at import, and nothing survives a fork by accident:
connections and threads are made by the process that first needs them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from flask import Flask

from gateway.counters.local import LocalLedger
from gateway.mail.senders import sender_for
from gateway.management.api import install_management
from gateway.oauth.endpoints import install_oauth
from gateway.pipeline.ports import Ledger
from gateway.pipeline.snapshot import Snapshot
from gateway.plugin.base import Plugin
from gateway.plugin.registry import Registry
from gateway.services.courier import Courier
from gateway.services.delivery import deliver_due
from gateway.services.house import House, LinkTo
from gateway.services.noticing import Noticing
from gateway.services.receivers import receiver_policy
from gateway.services.tries import Tries
from gateway.settings import Settings
from gateway.store.bell import Bell
from gateway.store.compiling import StoreCatalogue
from gateway.store.database import Database
from gateway.store.duty import Duty
from gateway.store.finding import StoreFinder
from gateway.store.recording import UsageRecorder
from gateway.store.retention import Retention
from gateway.store.sealing import Sealer
from gateway.store.used import UsedCalls
from gateway.telemetry import logs
from gateway.transport.background import Background, Work
from gateway.transport.health import install_health, install_readiness
from gateway.transport.keeper import Keeping
from gateway.transport.observation import Observation
from gateway.transport.redirects import install_redirects
from gateway.transport.runtime import Runtime
from gateway.transport.wsgi import ApiLane
from gateway.upstream.addresses import AddressPolicy, parse_base_url
from gateway.upstream.blocking import BlockingUpstream
from gateway.upstream.naming import within

_LONGEST_LOOK_UP = 2.0
"""How long a person's page waits for the address of a name, in seconds."""


def create_app(settings: Settings, plugins: Sequence[Plugin], link_to: LinkTo) -> Flask:
    """The whole product but the portal, which wsgi.py adds."""
    app = _bare(settings)
    database = Database(settings.database_url, Bell(settings.data / "bell"))
    registry = Registry(plugins)
    policy = AddressPolicy(settings.allowed_networks, own=_own_addresses(settings))
    observation = _observation(settings, lambda: runtime.known())  # noqa: PLW0108 - it is made below
    ledger = _ledger(settings, database)
    recorder = _recorder(settings, database, observation, begin=lambda: background.start())  # noqa: PLW0108 - made below
    house = House(
        database=database,
        ledger=ledger,
        tries=Tries(ledger, settings.secret),
        registry=registry,
        policy=replace(policy, resolve=within(_LONGEST_LOOK_UP, policy.resolve)),
        receivers=receiver_policy(policy, parse_base_url(settings.public_url).host, settings.listens_on[0]),
        sealer=Sealer(settings.secret),
        link_to=link_to,
        public_url=settings.public_url,
        site_name=settings.site_name,
        flush_usage=recorder.flush,
        usage_waits=recorder.waits,
        keep=recorder.keep,
        trusted_proxies=settings.trusted_proxies,
        default_limits=settings.default_limits,
    )
    background = _background(settings, house, recorder.duty)
    upstream = BlockingUpstream(policy, most_calls=settings.most_calls)
    runtime = Runtime(
        finder=StoreFinder(database, settings.default_limits),
        ledger=ledger,
        upstream=upstream,
        recorder=observation.beside(recorder),
        catalogue=StoreCatalogue(database, registry, settings.public_url, parse_base_url, house.sealer),
    )
    app.extensions.update(guichet=house, guichet_runtime=runtime, guichet_background=background)
    _mount(app, house, runtime, Keeping(background, recorder))
    lane = app.wsgi_app = _lane(app, settings, runtime, policy)  # type: ignore[method-assign]  # as Flask documents it
    observation.install(app, lane, upstream.standing, recorder.waits)
    return app


def _bare(settings: Settings) -> Flask:
    logs.configure()
    app = Flask("guichet", static_folder=None)
    app.secret_key = settings.secret
    return app


def _ledger(settings: Settings, database: Database) -> Ledger:
    if not settings.ledger_url:
        return LocalLedger(settings.data / "ledger.table", time.time)
    # Half a second and 16 MiB of every worker: only where it is asked for.
    from gateway.counters.redis import ledger_at  # noqa: PLC0415

    return ledger_at(settings.ledger_url, UsedCalls(database).count)


def _background(settings: Settings, house: House, duty: Duty) -> Background:
    sender = sender_for(settings.mail_url, settings.mail_from, settings.data / "mail")
    courier = Courier(house.database, house.sealer, house.receivers, house.link_to)
    noticing = Noticing(house.database, house.ledger, house.link_to, house.default_limits)
    letters = partial(deliver_due, house.database, sender)
    works: dict[str, Work] = {"mail": letters, "webhooks": courier.deliver_due, "notices": noticing.notice_due}
    return Background(works, duty.taken)


def _recorder(
    settings: Settings, database: Database, observation: Observation, begin: Callable[[], object]
) -> UsageRecorder:
    keep = Retention.of(
        hours=settings.keep_minutes,
        days=settings.keep_hours,
        months=settings.keep_days,
        call_days=settings.keep_calls,
    )
    folder, lose = settings.data / "usage", observation.lose_usage
    return UsageRecorder(database, folder, time.time, keep, lose, begin=begin)


def _lane(app: Flask, settings: Settings, runtime: Runtime, policy: AddressPolicy) -> ApiLane:
    errors = f"{settings.public_url}/errors"
    given = {"trusted_proxies": settings.trusted_proxies, "most_calls": settings.most_calls}
    return ApiLane(app.wsgi_app, runtime, policy, errors, **given)


def _observation(settings: Settings, snapshot: Callable[[], Snapshot]) -> Observation:
    return Observation(
        settings.data / "measures",
        settings.metrics,
        settings.access_log,
        proxies=settings.trusted_proxies,
        snapshot=snapshot,
    )


def _mount(app: Flask, house: House, runtime: Runtime, keeping: Keeping) -> None:
    app.extensions["guichet_keeping"] = keeping
    keeping.background.install(app)
    install_redirects(app)
    install_oauth(app, house)
    install_management(app, house)
    install_health(app, house.database)
    install_readiness(app, runtime)


def _own_addresses(settings: Settings) -> tuple[tuple[str, int], ...]:
    public = parse_base_url(settings.public_url)
    return ((public.host, public.port), settings.listens_on, *([settings.metrics] if settings.metrics else ()))
