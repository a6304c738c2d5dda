"""What the usage record says was used of a subscription: from it a shared ledger is rebuilt that came back empty.

The law: what is uncertain counts. A call that was let down after it was spent was used; one that a limit refused, or
that could not be counted, was not. The record is some two seconds behind the calls, and knows only those that ended.
It knows no address: what is counted of each address begins anew.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gateway.domain.allowances import plain
from gateway.domain.ids import is_id
from gateway.pipeline.refusals import API_QUOTA_SPENT, LEDGER_AWAY, QUOTA_SPENT, RATIONED, TOO_MANY_AT_ONCE
from gateway.store.applications import Subscription
from gateway.store.away import answering
from gateway.store.catalogue import Plan
from gateway.store.database import Database
from gateway.store.usage import USED

SLACK_SECONDS = 5
"""How far the clocks of those who reset and of those who serve may differ: what was used in it counts as used since."""

_UNSPENT = tuple(row.code for row in (QUOTA_SPENT, API_QUOTA_SPENT, TOO_MANY_AT_ONCE, LEDGER_AWAY, RATIONED))
SPENT = (USED.c.refusal.not_in(_UNSPENT),)
"""What takes from a limit."""

Filter = tuple[ColumnElement[bool], ...]


class UsedCalls:
    """Asks the usage record."""

    def __init__(self, database: Database) -> None:
        """Nothing is asked yet."""
        self._database = database

    def count(self, key: str, bounds: Sequence[tuple[int, int]]) -> list[int]:
        """What was spent of a charge's key from the beginning of each window until now; 0 for a key of no call.

        The record does not know which credential a call was made with, nor for whom: all of its application count.

        Raises:
            Failure: the database is away.
        """
        key, reset_at = plain(key)
        owner, _, part = key.partition("/")
        if is_id("plan", owner):  # of those who call without a key
            return [0] * len(bounds)
        with answering(), self._database.read() as session:
            calls, costs = _calls_of(session, owner)
            if reset_at:  # of a row that began before it, nobody knows how much was called since
                calls = (*calls, USED.c.minute + USED.c.seconds > reset_at - SLACK_SECONDS)
            if " " in part:  # an operation, such as `GET /stations`
                calls = (*calls, USED.c.operation == part)
            return [_spent(session, (*calls, USED.c.minute >= began), costs) for began, _ in bounds]


def _calls_of(session: Session, owner: str) -> tuple[Filter, Mapping[str, int]]:
    """The calls that an API or a subscription was charged for, and what its operations cost."""
    if is_id("api", owner):
        plans = session.scalars(select(Plan.costs).where(Plan.api_id == owner)).all()
        dearest = {name: max(costs.get(name, 1) for costs in plans) for name in set().union(*plans)}
        return (USED.c.api_id == owner, *SPENT), dearest
    query = select(Subscription.application_id, Plan.costs).join(Plan, Plan.id == Subscription.plan_id)
    found = session.execute(query.where(Subscription.id == owner)).one_or_none()
    application, costs = found or (None, {})
    # The application is for its index.
    return (USED.c.application_id == application, USED.c.subscription_id == owner, *SPENT), costs


def _spent(session: Session, calls: Filter, costs: Mapping[str, int]) -> int:
    rows = session.execute(select(USED.c.operation, func.sum(USED.c.calls)).where(*calls).group_by(USED.c.operation))
    return sum(int(number) * costs.get(operation, 1) for operation, number in rows)
