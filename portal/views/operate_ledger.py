"""How the count of calls stands, for those who run the store."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.services import ledger_health
from portal.context import actor, house
from portal.sessions import signed_in_only
from portal.slugs import localized_route
from portal.views.plans import WHEN_AWAY

operate_ledger = Blueprint("operate_ledger", __name__)


@localized_route(operate_ledger, "operate_ledger")
@signed_in_only
def ledger() -> ResponseReturnValue:
    """Where it is, whether it answers, what plans do while it does not."""
    with house().database.read() as session:
        health = ledger_health.look(session, actor(), house().ledger, house().usage_waits)
    return render_template("operate/ledger.html", health=health, choices=WHEN_AWAY)
