"""Who is near a limit, in all departments; and the caps of all APIs."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from gateway.domain.roles import Permission
from gateway.pipeline.refusals import Failure
from gateway.services import apis, limits, organisations, quotas
from gateway.services.quotas import STATES, Wanted
from gateway.store.catalogue import Api
from portal.context import actor, house, page_number
from portal.sessions import signed_in_only
from portal.slugs import localized_route

operate_quotas = Blueprint("operate_quotas", __name__)

STATE_WORDS: dict[str, Any] = {
    "near": (_l("Near its limit"), "warn"),
    "at": (_l("At its limit"), "bad"),
    "over": (_l("Over its limit"), "bad"),
}
"""How each state is said, and its tone."""

_LONGEST = 200
_MOST_CHOICES = 100


@localized_route(operate_quotas, "operate_quotas")
@signed_in_only
def near_limits() -> ResponseReturnValue:
    """Those who have used most of a limit, the nearest first."""
    wanted = _wanted()
    house().flush_usage()
    with house().database.read() as session:
        found = quotas.browse(
            session, actor(), house().ledger, wanted, system=house().default_limits, page=page_number()
        )
        return render_template(
            "operate/quotas.html",
            found=found.page,
            is_exact=found.is_exact,
            wanted=wanted,
            is_filtered=wanted != Wanted(),
            departments=organisations.list_departments(session, per_page=_MOST_CHOICES).items,
            apis=apis.my_apis(session, actor(), per_page=_MOST_CHOICES).items,
            states=STATE_WORDS,
        )


@localized_route(operate_quotas, "operate_caps")
@signed_in_only
def caps() -> ResponseReturnValue:
    """What all callers of each API may call together, and what is left of it."""
    actor().require(Permission.READ_USAGE, "")
    with house().database.read() as session:
        found = apis.my_apis(session, actor(), page=page_number())
        return render_template(
            "operate/caps.html", found=found, caps_of=limits.caps_of, left={api.id: _left(api) for api in found.items}
        )


def _left(api: Api) -> Any:
    """What is left of the caps; None while the ledger is away."""
    try:
        return house().ledger.left(limits.cap_charges(api))
    except Failure:
        return None


def _wanted() -> Wanted:
    asked = {name: request.args.get(name, "")[:_LONGEST].strip() for name in ("department", "api", "state", "q")}
    state: Any = asked["state"] if asked["state"] in STATES else ""
    return Wanted(asked["department"], asked["api"], state, asked["q"])
