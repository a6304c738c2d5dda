"""What the usage record says was used of a subscription: from it a shared ledger is rebuilt that came back empty.

The law: what is uncertain counts. A call that was let down after it was spent was used; one that a limit refused, or
that could not be counted, was not. The record is some two seconds behind the calls, and knows only those that ended.
"""

from collections.abc import Sequence

from sqlalchemy import func, select

from gateway.domain.ids import SubscriptionId
from gateway.pipeline.refusals import LEDGER_AWAY, QUOTA_SPENT, RATIONED
from gateway.store.applications import Subscription
from gateway.store.away import answering
from gateway.store.database import Database
from gateway.store.usage import USED

_UNSPENT = (QUOTA_SPENT.code, LEDGER_AWAY.code, RATIONED.code)


class UsedCalls:
    """Asks the usage record."""

    def __init__(self, database: Database) -> None:
        """Nothing is asked yet."""
        self._database = database

    def count(self, key: str, bounds: Sequence[tuple[int, int]]) -> list[int]:
        """The calls of a subscription from the beginning of each window until now; 0 for what is no subscription's.

        Raises:
            Failure: the database is away.
        """
        with answering(), self._database.read() as session:
            application = session.scalar(
                select(Subscription.application_id).where(Subscription.id == SubscriptionId(key))
            )
            used = select(func.coalesce(func.sum(USED.c.calls), 0)).where(
                USED.c.application_id == application,  # for its index
                USED.c.subscription_id == key,
                USED.c.refusal.not_in(_UNSPENT),
            )
            return [int(session.scalar(used.where(USED.c.minute >= began)) or 0) for began, _ in bounds]
