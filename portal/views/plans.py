"""The plans of an API: making, changing and closing them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.away import USUAL as USUAL_CHOICE
from gateway.domain.plans import Per, Window
from gateway.services import plans as services
from gateway.services.limits import zone_of
from gateway.services.plans import windows_of
from gateway.store.catalogue import Api, Plan
from portal.context import actor, house
from portal.forms import AtMost, Needed, PageForm, errors_into
from portal.limit_fields import LimitsForm, data_of
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish import managed_api

plans = Blueprint("plans", __name__)

_LONGEST_CODE, _LONGEST_NAME = 60, 200
USUAL = {"per_minute": 60, "per_day": 1_000}
"""What a new plan's form holds to begin with."""


WHEN_AWAY: dict[str, Any] = {
    "refuse": _l("Refuse calls"),
    "leased": _l("Serve the few that are in hand, then refuse"),
    "share": _l("Set half a minute’s calls aside beforehand, and serve those"),
}
"""How each choice is said (domain/away.py)."""

_PLAIN = ("name_en", "name_fr", "allows_api_key", "when_away", "version")
"""What a form says of a plan as the plan does."""


class PlanForm(LimitsForm):
    """What may be changed about a plan; `version` is what the person had read."""

    begins_with: tuple[str, ...] = ("name_en", "name_fr")

    name_en = StringField(_l("Name in English"), [Needed(_l("Name the plan in English.")), AtMost(_LONGEST_NAME)])
    name_fr = StringField(_l("Name in French"), [Needed(_l("Name the plan in French.")), AtMost(_LONGEST_NAME)])
    when_away = RadioField(
        _l("While the shared count of calls is out of reach"),
        [Needed(_l("Choose what happens."))],
        choices=[SelectChoice(*choice) for choice in WHEN_AWAY.items()],
        default=USUAL_CHOICE,
    )
    allows_api_key = BooleanField(_l("Allow API keys"))
    version = IntegerField(validators=[Optional()], widget=HiddenInput())


class NewPlanForm(PlanForm):
    """A new plan: its code too, and whether it needs a key, which both stay."""

    begins_with = ("code", *PlanForm.begins_with, "keyless")

    code = StringField(_l("Code"), [Needed(_l("Give the plan a code.")), AtMost(_LONGEST_CODE)])
    keyless = BooleanField(_l("No key and no token is needed"))


@localized_route(plans, "new_plan", methods=("GET", "POST"))
@signed_in_only
def create(name: str) -> ResponseReturnValue:
    """A new plan, open at once."""
    with house().database.read() as session:
        api = managed_api(session, name)
        zone = zone_of(api)
    form = NewPlanForm(data=USUAL)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.create_plan(
                session,
                actor(),
                api.id,
                code=form.code.data,
                name_en=form.name_en.data,
                name_fr=form.name_fr.data,
                windows=_windows(form, keyless=form.keyless.data),
                costs=form.costs_given(),
                allows_api_key=form.allows_api_key.data,
                keyless=form.keyless.data,
                when_away=form.when_away.data,
            )
        if not form.errors:
            done = (
                _("The plan is open: it needs no key.")
                if form.keyless.data
                else _("The plan is open to subscriptions.")
            )
            flash(done, "success")
            return redirect(url_for_page("manage_api", name=name), 303)
    return render_template("publish/new_plan.html", form=form, api=api, zone=zone), 422 if form.errors else 200


@localized_route(plans, "edit_plan", methods=("GET", "POST"))
@signed_in_only
def edit(name: str, plan_id: str) -> ResponseReturnValue:
    """Change a plan for everybody who is subscribed."""
    with house().database.read() as session:
        api, plan = _plan_of(session, name, plan_id)
        zone = zone_of(api)
        said = data_of(_all_per("application", windows_of(plan)) if plan.keyless else windows_of(plan), plan.costs)
    form = PlanForm(data={**said, **{name: getattr(plan, name) for name in _PLAIN}})
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.update_plan(
                session,
                actor(),
                plan.id,
                expected_version=form.version.data,
                name_en=form.name_en.data,
                name_fr=form.name_fr.data,
                windows=_windows(form, keyless=plan.keyless),
                costs=form.costs_given(),
                allows_api_key=form.allows_api_key.data,
                when_away=form.when_away.data,
            )
        if not form.errors:
            flash(_("The plan is changed, from the next call on."), "success")
            return redirect(url_for_page("manage_api", name=name), 303)
    page = render_template("publish/edit_plan.html", form=form, api=api, plan=plan, zone=zone)
    return page, 422 if form.errors else 200


@localized_route(plans, "close_plan", methods=("GET", "POST"))
@signed_in_only
def close(name: str, plan_id: str) -> ResponseReturnValue:
    """Take no new subscriptions, after asking."""
    with house().database.read() as session:
        api, plan = _plan_of(session, name, plan_id)
    form = PageForm()
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.close_plan(session, actor(), plan.id)
        if not form.errors:
            flash(_closed(plan), "success")
            return redirect(url_for_page("manage_api", name=name), 303)
    return render_template("publish/close_plan.html", form=form, api=api, plan=plan), 422 if form.errors else 200


def _closed(plan: Plan) -> str:
    if plan.keyless:
        return str(_("The plan is closed. Calls without a key are refused from now on."))
    return str(_("The plan is closed to new subscriptions. The present ones go on."))


def _windows(form: PlanForm, *, keyless: bool) -> Sequence[Window]:
    """The limits that are given; what a form says of an application is of each address where there is no key."""
    return _all_per("address", form.windows()) if keyless else form.windows()


def _all_per(per: Per, windows: Sequence[Window]) -> Sequence[Window]:
    return [replace(window, per=per) if window.per in ("application", "address") else window for window in windows]


def _plan_of(session: Session, name: str, plan_id: str) -> tuple[Api, Plan]:
    api = managed_api(session, name)
    plan = services.get_plan(session, actor(), plan_id)
    if plan.api_id != api.id:
        abort(404)
    return api, plan
