"""What an API is used for: by hour or by day, by application, by operation, and what was refused."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.management.usage import ApiUsage
from gateway.services import apis, usage, usage_rows
from gateway.services.usage_counts import MOST_HOURS, MOST_SHARES
from gateway.services.usage_figures import Hour, Share, Totals
from gateway.store.usage import LATENCY_BUCKETS
from portal.context import actor, house
from portal.files import taken_away
from portal.formats import clock, day
from portal.language import of_words
from portal.problems import refusals_by_code
from portal.sessions import signed_in_only
from portal.slugs import localized_route
from portal.views.publish import managed_api

publish_usage = Blueprint("publish_usage", __name__)

SPANS = {"day": 24, "week": 24 * 7, "month": MOST_HOURS}
"""How far back the address may ask to look (`?span=week`), in hours."""


@localized_route(publish_usage, "api_usage")
@signed_in_only
def api_usage(name: str) -> ResponseReturnValue:
    """The figures of one API."""
    span = asked_span()
    house().flush_usage()
    with house().database.read() as session:
        api = managed_api(session, name)
        totals = usage.of_api(session, actor(), api.id, now=actor().now, hours=SPANS[span])
    return render_template(
        "publish/usage.html",
        api=api,
        totals=totals,
        points=points_of(totals, span),
        span=span,
        refusals=refusals_by_code(house().registry),
        steps=LATENCY_BUCKETS,
        most=MOST_SHARES,
    )


@localized_route(publish_usage, "api_usage_file")
@signed_in_only
def api_usage_file(name: str, form: str) -> ResponseReturnValue:
    """The same, to take away."""
    now, hours = actor().now, SPANS[asked_span()]
    house().flush_usage()
    with house().database.read() as session:
        api = managed_api(session, name)
        rows = usage_rows.of_api(session, actor(), api.id, now=now, hours=hours)
        whole = ApiUsage().dump(usage.of_api(session, actor(), api.id, now=now, hours=hours))
    return taken_away(form, f"usage-{name}", usage_rows.API_COLUMNS, rows, whole)


def api_titles(session: Session, api_ids: Iterable[str]) -> dict[str, str]:
    """The titles of these APIs in the reader's language, subscribed to or not."""
    return {api_id: of_words(title) for api_id, title in apis.titles(session, api_ids).items()}


def entitled(session: Session, shares: Sequence[Share]) -> list[Share]:
    """The shares of APIs under their titles."""
    titles = api_titles(session, [each.id for each in shares])
    return [each._replace(name=titles.get(each.id, each.name)) for each in shares]


def asked_span() -> str:
    """The span that the address asks for; the last day otherwise."""
    asked = request.args.get("span", "")
    return asked if asked in SPANS else "day"


def points_of(totals: Totals, span: str) -> list[tuple[str, list[int]]]:
    """The bars of a chart, answered, refused, failed: one for each hour of a day, one for each day of a longer span."""
    if span == "day":
        return [_bar(clock(hour.start), [hour]) for hour in totals.by_hour]
    days = groupby(totals.by_hour, key=lambda hour: hour.start.date())
    return [_bar(day(date), hours) for date, hours in days]


def _bar(label: str, hours: Iterable[Hour]) -> tuple[str, list[int]]:
    counted = [(hour.answered, hour.refused, hour.failed) for hour in hours]
    return label, [sum(series) for series in zip(*counted, strict=True)]
