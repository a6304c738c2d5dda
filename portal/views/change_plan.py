"""Going on under another plan of the same API."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from gateway.domain.plans import Window
from gateway.services import applications, subscriptions
from gateway.services.plans import windows_of
from gateway.store.applications import Subscription
from gateway.store.catalogue import Plan
from portal.context import actor, house
from portal.forms import Needed, PageForm, errors_into, once
from portal.language import both
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

change_plan = Blueprint("change_plan", __name__)


class PlanForm(PageForm):
    """Which plan; what is no choice any more is the service's to refuse."""

    plan_id = RadioField(_l("New plan"), [Needed(_l("Choose a plan."))], validate_choice=False)


@localized_route(change_plan, "change_plan", methods=("GET", "POST"))
@signed_in_only
def change(subscription_id: str) -> ResponseReturnValue:
    """Choose another plan; `?plan_id=` has one chosen beforehand."""
    form = PlanForm()
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            subscriptions.change_plan(session, actor(), subscription_id, plan_id=form.plan_id.data)
        if not form.errors:
            flash(_("The plan is changed. It holds from the next call on."), "success")
            return redirect(url_for_page("application", application_id=_application_of(subscription_id)), 303)
    with house().database.read() as session:
        subscription = subscriptions.get(session, actor(), subscription_id)
        plans = _others(subscription)
        _fill(form, plans)
        page = render_template(
            "applications/change_plan.html",
            form=form,
            application=applications.get(session, actor(), subscription.application_id),
            api=subscription.api,
            present=subscription.plan,
            plans=plans,
        )
    return page, 422 if form.errors else 200


def _application_of(subscription_id: str) -> str:
    with house().database.read() as session:
        return subscriptions.get(session, actor(), subscription_id).application_id


def _others(subscription: Subscription) -> dict[str, tuple[Plan, tuple[Window, ...]]]:
    """The open plans of the API, without the present one, by id."""
    open_ones = (plan for plan in subscription.api.plans if plan.closed_at is None and not plan.keyless)
    plans = (plan for plan in open_ones if plan.id != subscription.plan_id)
    return {plan.id: (plan, windows_of(plan)) for plan in plans}


def _fill(form: PlanForm, plans: dict[str, tuple[Plan, tuple[Window, ...]]]) -> None:
    form.plan_id.choices = [
        SelectChoice(plan.id, both(plan.name_en, plan.name_fr)) for plan, _windows in plans.values()
    ]
    if not request.form:
        asked = request.args.get("plan_id", "")
        only = next(iter(plans)) if len(plans) == 1 else None
        form.plan_id.data = asked if asked in plans else only
