"""The limits that an API sets itself: what holds where a plan says nothing, and what all its callers may call."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.plans import Window
from gateway.services import limits as services
from gateway.store.catalogue import Api
from portal.context import actor, house
from portal.forms import AtMost, errors_into
from portal.limit_fields import LimitsForm, data_of
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish import managed_api
from portal.views.publish_subscribers import LONGEST_REASON

api_limits = Blueprint("api_limits", __name__)

DESK = {"operate_caps": _l("Caps of all APIs"), "operate_quotas": _l("Quotas")}
"""The pages of the operations desk that lead here (`?from=operate_caps`), and back when it is done."""


class ApiLimitsForm(LimitsForm):
    """The limits of an API; `version` is what the person had read. Operators say why; a department may."""

    reason = TextAreaField(_l("Reason"), [AtMost(LONGEST_REASON)])
    version = IntegerField(validators=[Optional()], widget=HiddenInput())


@localized_route(api_limits, "api_defaults", methods=("GET", "POST"))
@signed_in_only
def defaults(name: str) -> ResponseReturnValue:
    """What holds where a plan says nothing."""
    return _changed(name, "defaults", services.defaults_of)


@localized_route(api_limits, "api_caps", methods=("GET", "POST"))
@signed_in_only
def caps(name: str) -> ResponseReturnValue:
    """What all callers may call together."""
    return _changed(name, "caps", services.caps_of)


def _changed(name: str, which: str, kept: Callable[[Api], tuple[Window, ...]]) -> ResponseReturnValue:
    desk = request.args.get("from", "") if actor().is_operator else ""
    above = url_for_page(desk) if desk in DESK else url_for_page("manage_api", name=name)
    with house().database.read() as session:
        api = managed_api(session, name)
        zone, plain = services.zone_of(api), [replace(window, per="application") for window in kept(api)]
    form = ApiLimitsForm(data=data_of(plain if which == "caps" else kept(api), {}) | {"version": api.version})
    if form.validate_on_submit():
        given: dict[str, Any] = {which: form.windows(), "reason": form.reason.data or ""}
        if which == "caps":
            given[which] = [replace(window, per="api") for window in form.windows()]
        with errors_into(form), house().database.begin() as session:
            services.set_api_limits(session, actor(), api.id, expected_version=form.version.data, **given)
        if not form.errors:
            flash(_("The limits are changed, from the next call on."), "success")
            return redirect(above, 303)
    page = render_template(
        "publish/api_limits.html", form=form, api=api, zone=zone, which=which, above=above, desk=DESK.get(desk)
    )
    return page, 422 if form.errors else 200
