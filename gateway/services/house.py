"""What a face is handed: the house with everything in it, made once by app.py.

Faces (portal, management, oauth) take what they need from here and never open a database, read a setting or start a
client by themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.plans import Window
from gateway.pipeline.ports import Ledger
from gateway.plugin.registry import Registry
from gateway.services.tries import Tries
from gateway.store.database import Database
from gateway.store.retention import USUAL, Retention
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import AddressPolicy
from gateway.words import Language, Words

LinkTo = Callable[[str, Language, str], str]
"""(purpose, language, token) → the address of the page that a message leads to."""


@dataclass(frozen=True, slots=True)
class House:
    """The parts that the faces share.

    `usage_waits` tells for how many seconds the oldest usage has waited for the database. `policy` says where
    services may be, `receivers` where webhooks may lead. `public_url` has no trailing slash; `keep` says for how
    long usage is kept.
    """

    database: Database
    ledger: Ledger
    tries: Tries
    registry: Registry
    policy: AddressPolicy
    receivers: AddressPolicy
    sealer: Sealer
    link_to: LinkTo
    public_url: str
    site_name: Words
    flush_usage: Callable[[], None]
    usage_waits: Callable[[], float] = float
    trusted_proxies: int = 0
    default_limits: tuple[Window, ...] = ()
    keep: Retention = USUAL
