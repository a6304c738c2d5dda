"""The page of one application: its state, its credentials, its subscriptions, what it called and has left."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import LIVE
from gateway.domain.plans import Budget
from gateway.domain.roles import Permission
from gateway.pipeline.refusals import Failure
from gateway.services import applications, call_log, credentials, subscriptions, usage
from gateway.services.call_log import Wanted
from gateway.services.usage_figures import Totals
from gateway.store.applications import Credential
from portal.context import actor, house
from portal.formats import clock
from portal.problems import refusals_by_code
from portal.sessions import signed_in_only
from portal.slugs import localized_route
from portal.views.publish_usage import api_titles

application_overview = Blueprint("application_overview", __name__)

HOURS = 24
_CALLS_SHOWN = 20


@localized_route(application_overview, "application")
@signed_in_only
def application(application_id: str) -> ResponseReturnValue:
    """Everything about one application."""
    house().flush_usage()
    with house().database.read() as session:
        found = applications.get(session, actor(), application_id)
        totals = usage.of_application(session, actor(), application_id, now=actor().now, hours=HOURS)
        kept = [(each, state_of(each)) for each in credentials.of_application(session, actor(), application_id)]
        joined = subscriptions.of_application(session, actor(), application_id)
        calls = call_log.browse(session, actor(), application_id, Wanted(), per_page=_CALLS_SHOWN).items
        return render_template(
            "applications/application.html",
            application=found,
            may_edit=actor().may(Permission.EDIT_APPLICATION, found.organisation_id),
            credentials=[each for each in kept if each[1] == "active"],
            ended_credentials=[each for each in kept if each[1] != "active"],
            subscriptions=[each for each in joined if each.state in LIVE],
            ended_subscriptions=[each for each in joined if each.state not in LIVE],
            left=left_of(session, application_id),
            totals=totals,
            points=points_of(totals),
            calls=calls,
            api_names=api_titles(session, [each.api_id for each in calls]),
            refusals=refusals_by_code(house().registry),
        )


def state_of(credential: Credential) -> str:
    """How a credential stands: active, expired or revoked."""
    if credentials.is_in_force(credential, actor().now):
        return "active"
    return "revoked" if credential.revoked_at else "expired"


def points_of(totals: Totals) -> list[tuple[str, list[int]]]:
    """The bars of a chart of calls by hour: answered, refused, failed."""
    return [(clock(hour.start), [hour.answered, hour.refused, hour.failed]) for hour in totals.by_hour]


def left_of(session: Session, application_id: str) -> dict[str, Budget] | None:
    """What each subscription has left; None while the ledger is away."""
    try:
        left = usage.left_of_plans(session, actor(), house().ledger, application_id, house().default_limits)
    except Failure:
        return None
    return {subscription.id: budget for subscription, budget in left}
