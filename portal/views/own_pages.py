"""What the product says of itself: its own API, and whether it works."""

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

import openapi
from gateway.domain.ids import SubscriptionId
from gateway.management.api import own_document
from gateway.pipeline.refusals import Failure
from gateway.store import changes
from portal.context import house
from portal.slugs import localized_route
from portal.views.reference import Group, grouped

own_pages = Blueprint("own_pages", __name__)

_KEPT = "portal_own_api"
_NOBODY = SubscriptionId("status")


@localized_route(own_pages, "portal_api")
def portal_api() -> ResponseReturnValue:
    """Each operation of the management API, by what it is about."""
    groups = _groups() or abort(404)
    return render_template("home/portal_api.html", groups=groups)


@localized_route(own_pages, "status")
def status() -> ResponseReturnValue:
    """Whether what this portal stands on answers; 503 when something does not."""
    store, ledger = _store_answers(), _ledger_answers()
    return render_template("home/status.html", store=store, ledger=ledger), 200 if store and ledger else 503


def _groups() -> tuple[Group, ...]:
    """The operations of this application's own API, which never change while it runs; none where it is not mounted."""
    kept: dict[str, tuple[Group, ...]] = current_app.extensions.setdefault(_KEPT, {})
    if not kept and (document := own_document(current_app)):
        kept["groups"] = grouped(openapi.outline(document))
    return kept.get("groups", ())


def _store_answers() -> bool:
    try:
        with house().database.read() as session:
            changes.latest(session)
    except SQLAlchemyError:
        return False
    return True


def _ledger_answers() -> bool:
    try:
        house().ledger.left(_NOBODY, ())
    except Failure:
        return False
    return True
