"""Notices at 80 and 100 per cent of a quota: found in the ledger after calls were counted, told once for each window.

A quota here is a window of the calendar of an hour or longer that binds a whole subscription: a letter each minute
would be noise, and rates and rolling windows have no end after which they begin anew.

The law: who was called is claimed before it is looked at (store/notices.py), and a notice is claimed, and written to
the outbox, in one transaction. So whoever dies in between is followed by another one, and nobody is told twice. A
window that ended before somebody looked is told of no more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from gateway.domain.allowances import begun_of
from gateway.domain.lifecycle import GRANTED
from gateway.domain.plans import Period, Window
from gateway.domain.thresholds import NEAR_PERCENT, SPENT_PERCENT, is_near
from gateway.pipeline.ports import Ledger
from gateway.pipeline.refusals import Failure
from gateway.services import quota_letters, webhook_messages
from gateway.services.house import LinkTo
from gateway.services.limits import charges_now
from gateway.services.quota_letters import Crossing
from gateway.services.subscriptions import listed
from gateway.store.applications import Subscription
from gateway.store.database import Database
from gateway.store.notices import (
    Called,
    QuotaNotice,
    claim_called,
    forget_ended,
    is_anybody_due,
    let_go,
    tell_once,
)

PERIODS: frozenset[Period] = frozenset({"hour", "day", "week", "month"})
"""Of which calendar windows notices are told."""

_KEPT = timedelta(days=1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Noticing:
    """Tells of quotas. `system` are the limits that hold where nobody else says any."""

    database: Database
    ledger: Ledger
    link_to: LinkTo
    system: Sequence[Window] = ()

    def notice_due(self, now: datetime) -> int:
        """Look at some who were called since somebody looked last; how many notices were told."""
        with self.database.read() as session:
            if not is_anybody_due(session, now):
                return 0
        with self.database.begin() as session:
            claimed = claim_called(session, now)
        try:
            found = self._look(claimed, now)
        except Failure as failure:
            log.warning("nobody can be told of quotas: the ledger is away", reason=repr(failure))
            return 0  # the claims run out, and somebody looks again
        with self.database.begin() as session:
            told = [self._tell(session, crossing, now) for crossing in found]
            let_go(session, claimed, now)
            forget_ended(session, now - _KEPT)
        return sum(told)

    def _look(self, claimed: Sequence[Called], now: datetime) -> list[Crossing]:
        ids = [each.subscription_id for each in claimed]
        query = listed().where(Subscription.id.in_(ids), Subscription.state.in_(GRANTED))
        with self.database.read() as session:
            return [crossing for each in session.scalars(query) for crossing in self._crossings(each, now)]

    def _crossings(self, subscription: Subscription, now: datetime) -> Iterator[Crossing]:
        charges = charges_now(subscription, self.system, now)
        resets = begun_of(subscription.resets)
        if not any(_is_told_of(window) for charge in charges for window in charge.windows):
            return
        for window, remaining in ((each.window, each.remaining) for each in self.ledger.left(charges).left):
            used = window.limit - remaining
            if _is_told_of(window) and is_near(used, window.limit):
                began, ends = window.bounds(now.timestamp())
                began = max(began, resets.get(window.name, 0))
                yield Crossing(subscription, window, used, _moment(began), _moment(ends))

    def _tell(self, session: Session, crossing: Crossing, now: datetime) -> bool:
        """Tell the highest threshold that was crossed, unless it was told; the lower one is then told with it."""
        is_near_news = tell_once(session, _notice(crossing, NEAR_PERCENT))
        is_news = tell_once(session, _notice(crossing, SPENT_PERCENT)) if crossing.is_spent else is_near_news
        if is_news:
            quota_letters.write(session, crossing, self.link_to, now)
            webhook_messages.tell_of_quota(session, crossing, self.link_to, now)
        return is_news


def _is_told_of(window: Window) -> bool:
    return window.kind == "calendar" and window.per == "application" and window.period in PERIODS and window.limit > 0


def _notice(crossing: Crossing, percent: int) -> QuotaNotice:
    return QuotaNotice(
        subscription_id=crossing.subscription.id,
        window=crossing.window.name,
        began_at=crossing.began_at,
        most=crossing.window.limit,
        percent=percent,
        ends_at=crossing.ends_at,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
