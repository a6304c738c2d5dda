"""Who is near a limit, at it or over it, in all departments: for operators.

Whom to show, and in which order, is the usage record's to say, because it can be asked of all at once. What is shown of
each is what the ledger says, as the headers of a call do; only where it says that nothing is left may the record know
better by how much a limit that was lowered is passed. Rates are left out: they are used up and whole again within
seconds, and the limits of each credential or operation have no one number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from gateway.domain.allowances import begun_of, extras_of, with_extras
from gateway.domain.limits import from_stored
from gateway.domain.plans import Charge, Left, Window, seconds_of
from gateway.domain.roles import Permission
from gateway.domain.thresholds import is_near
from gateway.pipeline.ports import Ledger
from gateway.pipeline.refusals import Failure
from gateway.services import quota_counts, subscriptions
from gateway.services.actor import Actor
from gateway.services.limits import cap_charges, charges_now
from gateway.services.paging import MOST_PER_PAGE, Page
from gateway.services.quota_counts import CONSUMER
from gateway.services.texts import text_field
from gateway.store.applications import Application, Subscription
from gateway.store.catalogue import Api

State = Literal["near", "at", "over"]
STATES: tuple[State, ...] = ("near", "at", "over")

_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which to show; what is empty shows all. `words` must each occur in a name of who calls or of what is called."""

    department_id: str = ""
    api_id: str = ""
    state: State | Literal[""] = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit, and what is used of it: a subscription's, or (without one) a cap of an API."""

    api: Api
    subscription: Subscription | None
    window: Window
    used: int
    resets_in: int
    """In seconds."""

    @property
    def state(self) -> State:
        """How it stands."""
        return _state(self.used, self.window)


class _Found(NamedTuple):
    """By the record: whose limit, and what was used; `is_reset` where the record cannot know how much."""

    id: str
    window: Window
    used: int
    is_reset: bool = False

    @property
    def is_near(self) -> bool:
        """Whether little enough is left to be shown."""
        return is_near(self.used, self.window.limit)


class Quotas(NamedTuple):
    """A page of them, those first who have the least left; `is_exact` unless the ledger could not be asked."""

    page: Page[Quota]
    is_exact: bool


def browse(
    session: Session,
    actor: Actor,
    ledger: Ledger,
    wanted: Wanted = Wanted(),
    *,
    system: Sequence[Window] = (),
    page: int = 1,
    per_page: int = 20,
) -> Quotas:
    """Who is near a limit, at it or over it.

    Raises:
        DomainError: who may not.
    """
    actor.require(Permission.READ_USAGE, "")
    asking = _Asking(session, actor, ledger, system)
    found = [each for each in asking.found(wanted) if _is_wanted(each, wanted)]
    found.sort(key=lambda each: (-each.used / each.window.limit, each.id, each.window.name))
    per_page, page = min(max(per_page, 1), MOST_PER_PAGE), max(page, 1)
    shown = asking.shown(found[(page - 1) * per_page : page * per_page])
    # Between the record's word and the ledger's a window may have ended.
    shown = [quota for quota in shown if is_near(quota.used, quota.window.limit)]
    return Quotas(Page(shown, page, per_page, len(found)), asking.is_exact)


class _Asking:
    """One question; remembers whether the ledger answered."""

    def __init__(self, session: Session, actor: Actor, ledger: Ledger, system: Sequence[Window]) -> None:
        """Nothing is asked yet."""
        self.is_exact = True
        self._session = session
        self._actor = actor
        self._ledger = ledger
        self._system = system
        self._now = actor.now.timestamp()

    def found(self, wanted: Wanted) -> list[_Found]:
        """All that are near their limits, by the record."""
        terms = quota_counts.terms(self._session, self._system)
        own = quota_counts.of_subscriptions(self._session, terms, self._now, _of_subscriptions(wanted))
        near = [each for spent in own for each in self._near(terms, spent)]
        doubtful = [each for each in near if each.is_reset]
        sure = [each for each in near if not each.is_reset]
        caps = quota_counts.of_caps(self._session, self._now, _of_apis(wanted, (Api.name, Api.title_en, Api.title_fr)))
        near_caps = [
            _Found(spent.id, window, spent.calls[window.kind, window.period])
            for spent in caps
            for window in from_stored(spent.kept.caps, spent.kept.time_zone)
            if window.is_quota
        ]
        return [*sure, *self._checked(doubtful), *(each for each in near_caps if each.is_near)]

    def _near(self, terms: quota_counts.Terms, spent: quota_counts.Spent) -> Iterator[_Found]:
        plan_id, own, extras, resets = spent.kept
        windows, since = terms.of(plan_id, own), begun_of(resets)
        if extras:
            windows = with_extras(windows, extras_of(extras), self._now)
        for window in windows:
            if window.is_quota and window.per == "application":
                found = _Found(spent.id, window, spent.calls[window.kind, window.period])
                if found.is_near:
                    yield found._replace(is_reset=since.get(window.name, 0) > self._now - _length(window, self._now))

    def _checked(self, found: Sequence[_Found]) -> list[_Found]:
        """Those that are near their limits by the ledger too; there are as many as were reset of late."""
        exact = [(each, quota.used) for each, quota in zip(found, self.shown(found), strict=True)]
        return [each for each in (known._replace(used=used) for known, used in exact) if each.is_near]

    def shown(self, found: Sequence[_Found]) -> list[Quota]:
        """What the ledger says of these."""
        ids = {each.id for each in found}
        query = subscriptions.listed().where(Subscription.id.in_(ids))
        own = {each.id: each for each in self._session.scalars(query)}
        capped = select(Api).options(joinedload(Api.organisation)).where(Api.id.in_(ids - own.keys()))
        apis = {each.id: each for each in self._session.scalars(capped)} if ids - own.keys() else {}
        charges = {each.id: charges_now(each, self._system, self._actor.now) for each in own.values()}
        charges |= {each.id: cap_charges(each) for each in apis.values()}
        left = {owner: self._left(asked) for owner, asked in charges.items()}
        return [
            self._quota(each, own.get(each.id), left[each.id], own[each.id].api if each.id in own else apis[each.id])
            for each in found
        ]

    def _quota(self, found: _Found, own: Subscription | None, left: dict[str, Left], api: Api) -> Quota:
        line = left.get(found.window.name)
        if line is None:
            return Quota(api, own, found.window, found.used, int(_ends_in(found.window, self._now)))
        used = line.window.limit - line.remaining
        if not line.remaining and not found.is_reset:
            used = max(used, found.used)
        return Quota(api, own, line.window, used, line.resets_in)

    def _left(self, charges: Sequence[Charge]) -> dict[str, Left]:
        if self.is_exact:
            try:
                return {line.window.name: line for line in self._ledger.left(charges).left}
            except Failure:  # asked no further: each question may have to be waited for
                self.is_exact = False
        return {}


def _state(used: int, window: Window) -> State:
    if used > window.limit:
        return "over"
    return "at" if used == window.limit else "near"


def _is_wanted(found: _Found, wanted: Wanted) -> bool:
    return not wanted.state or _state(found.used, found.window) == wanted.state


def _length(window: Window, now: float) -> float:
    """How long ago the present window began."""
    if window.kind == "calendar":
        return now - window.bounds(now)[0]
    return seconds_of(window.period)


def _ends_in(window: Window, now: float) -> float:
    return window.bounds(now)[1] - now if window.kind == "calendar" else _length(window, now)


def _of_apis(wanted: Wanted, names: Sequence[InstrumentedAttribute[str]]) -> list[ColumnElement[bool]]:
    where = [or_(*(name.icontains(word, autoescape=True) for name in names)) for word in _words(wanted)]
    where += [Api.organisation_id == wanted.department_id] if wanted.department_id else []
    return where + ([Api.id == wanted.api_id] if wanted.api_id else [])


def _of_subscriptions(wanted: Wanted) -> list[ColumnElement[bool]]:
    who = (Application.name, CONSUMER.name_en, CONSUMER.name_fr)
    return _of_apis(wanted, (*who, Api.name, Api.title_en, Api.title_fr))


def _words(wanted: Wanted) -> list[str]:
    return text_field("words", wanted.words, _LONGEST_SEARCH).split()
