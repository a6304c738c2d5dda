"""How the count of calls stands, for those who run the store."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from gateway.services import ledger_health
from portal.context import actor, house
from portal.sessions import signed_in_only
from portal.slugs import localized_route

operate_ledger = Blueprint("operate_ledger", __name__)

CHOICE_WORDS: dict[str, Any] = {
    "refuse": _l("Refuse calls"),
    "leased": _l("Serve the few that are in hand, then refuse"),
    "share": _l("Set half a minute’s calls aside beforehand, and serve those"),
}
"""How each choice of a plan is said (domain/away.py)."""


@localized_route(operate_ledger, "operate_ledger")
@signed_in_only
def ledger() -> ResponseReturnValue:
    """Where it is, whether it answers, what plans do while it does not."""
    with house().database.read() as session:
        health = ledger_health.look(session, actor(), house().ledger, house().usage_waits)
    return render_template("operate/ledger.html", health=health, choices=CHOICE_WORDS)
