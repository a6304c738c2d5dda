"""How the ledger stands, for those who run the store: where it is, whether it answers, what plans do while it does not.

It is the view of the process that is asked; the measures tell of all of them (telemetry/measures.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.domain.away import CHOICES, WhenAway
from gateway.domain.roles import Permission
from gateway.pipeline.ports import Ledger, LedgerStanding
from gateway.services.actor import Actor
from gateway.store.catalogue import Plan


@dataclass(frozen=True, slots=True)
class Health:
    """The ledger's; `usage_waits` is in seconds, `plans` how many open plans chose what to do without it."""

    ledger: LedgerStanding
    usage_waits: float
    plans: dict[WhenAway, int]

    @property
    def answers(self) -> bool:
        """Whether calls can be counted."""
        return self.ledger.away_seconds is None


def look(session: Session, actor: Actor, ledger: Ledger, usage_waits: Callable[[], float]) -> Health:
    """How it stands now; for the operator. Raises `NotAllowed`."""
    actor.require(Permission.READ_USAGE, "")
    counted = session.execute(
        select(Plan.when_away, func.count()).where(Plan.closed_at.is_(None)).group_by(Plan.when_away)
    )
    chosen = {cast("WhenAway", choice): count for choice, count in counted}
    return Health(ledger.standing(), usage_waits(), {choice: chosen.get(choice, 0) for choice in CHOICES})
