"""What an application uses: what is left now, today and in 30 days, and the figures of a span, by API or of all."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import LIVE
from gateway.domain.plans import Budget
from gateway.management.usage import ApplicationUsage
from gateway.services import applications, subscriptions, usage, usage_figures, usage_rows
from gateway.services.usage_figures import Lately
from gateway.store.applications import Subscription
from gateway.store.usage import LATENCY_BUCKETS
from portal.context import actor, house
from portal.files import taken_away
from portal.language import both
from portal.problems import refusals_by_code
from portal.sessions import signed_in_only
from portal.slugs import localized_route
from portal.views.application_overview import left_of
from portal.views.publish_usage import SPANS, api_titles, asked_span, entitled, points_of

application_usage = Blueprint("application_usage", __name__)

_LONGEST_ID = 40


class Line(NamedTuple):
    """One API: what its plan has left, if there is one, and how often it was called of late."""

    api_id: str
    name: str
    left: Budget | None
    today: int
    month: int


@localized_route(application_usage, "application_usage")
@signed_in_only
def application(application_id: str) -> ResponseReturnValue:
    """The figures of one application."""
    span = asked_span()
    house().flush_usage()
    with house().database.read() as session:
        totals = _totals(session, application_id)
        left = left_of(session, application_id)
        joined = subscriptions.of_application(session, actor(), application_id)
        lately = usage.lately(session, actor(), application_id, now=actor().now)
        return render_template(
            "applications/usage.html",
            application=applications.get(session, actor(), application_id),
            lines=lines_of([each for each in joined if each.state in LIVE], left or {}, _entitled(session, lately)),
            is_ledger_away=left is None,
            totals=totals,
            by_api=entitled(session, totals.by_api),
            points=points_of(totals, span),
            span=span,
            api_id=_asked_api(),
            refusals=refusals_by_code(house().registry),
            steps=LATENCY_BUCKETS,
        )


@localized_route(application_usage, "application_usage_file")
@signed_in_only
def application_file(application_id: str, form: str) -> ResponseReturnValue:
    """The same, to take away."""
    hours, api_id = SPANS[asked_span()], _asked_api()
    house().flush_usage()
    with house().database.read() as session:
        rows = usage_rows.of_application(session, actor(), application_id, now=actor().now, hours=hours, api_id=api_id)
        whole = ApplicationUsage().dump(_totals(session, application_id))
    return taken_away(form, "usage", usage_rows.APPLICATION_COLUMNS, rows, whole)


def lines_of(joined: Sequence[Subscription], left: Mapping[str, Budget], lately: Sequence[Lately]) -> list[Line]:
    """The APIs that are subscribed to, then others that were called."""
    called = {each.api_id: each for each in lately}
    lines = []
    for each in joined:
        counted = called.pop(each.api_id, Lately("", "", 0, 0))
        name = both(each.api.title_en, each.api.title_fr)
        lines.append(Line(each.api_id, name, left.get(each.id), counted.today, counted.month))
    return lines + [Line(each.api_id, each.name, None, each.today, each.month) for each in called.values()]


def _entitled(session: Session, lately: Sequence[Lately]) -> list[Lately]:
    titles = api_titles(session, [each.api_id for each in lately])
    return [each._replace(name=titles[each.api_id]) for each in lately]


def _totals(session: Session, application_id: str) -> usage_figures.ApplicationUsage:
    hours = SPANS[asked_span()]
    return usage.of_application(session, actor(), application_id, now=actor().now, hours=hours, api_id=_asked_api())


def _asked_api() -> str:
    return request.args.get("api", "")[:_LONGEST_ID]
