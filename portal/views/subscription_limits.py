"""The limits of one subscription, for whoever may see it; and what its department and operators may grant it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from gateway.domain.allowances import extras_of, resets_of
from gateway.domain.plans import Budget, Window
from gateway.domain.roles import Permission
from gateway.pipeline.refusals import Failure
from gateway.services import allowances, limits, subscriptions
from gateway.services.allowances import Grant
from gateway.store.applications import Subscription
from portal.context import actor, house
from portal.forms import AtMost, Needed, PageForm, WholeNumber, errors_into
from portal.language import of_limit
from portal.limit_fields import LimitsForm, data_of
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish_subscribers import LONGEST_REASON

subscription_limits = Blueprint("subscription_limits", __name__)

ALL = ""
"""The choice of every limit."""


class _Reasoned(PageForm):
    """Why; `version` is what the person had read."""

    reason = TextAreaField(_l("Reason"), [Needed(_l("Give a reason.")), AtMost(LONGEST_REASON)])
    version = IntegerField(validators=[Optional()], widget=HiddenInput())


class OwnForm(LimitsForm, _Reasoned):
    """The limits that it has before its plan's."""


class ExtraForm(_Reasoned):
    """So many more calls, and until when."""

    begins_with = ("window", "calls", "until")

    window = SelectField(_l("Limit"))
    calls = WholeNumber(
        _l("Extra calls"), [InputRequired(_l("Give a number of calls; 0 takes away what was granted."))]
    )
    until = DateField(_l("Last day"), [Optional()])


class ResetForm(_Reasoned):
    """Which count begins anew."""

    begins_with = ("windows",)

    windows = SelectField(_l("Limit"))


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do to the limits of a subscription, and what is said about it."""

    page: str
    title: Any
    lead: Any
    done: Any


OWN = Change(
    "own_limits",
    _l("Give limits of its own"),
    _l("They take the place of the plan’s, each of its kind and time. What is left empty is as the plan says."),
    _l("The limits are changed, from the next call on."),
)
EXTRA = Change(
    "extra_calls",
    _l("Grant extra calls"),
    _l("So many more in each window of one limit, for a time. They take the place of what was granted for it before."),
    _l("The extra calls are granted, from the next call on."),
)
RESET = Change(
    "reset_used",
    _l("Reset what is used"),
    _l("What was used of a limit becomes 0, and counting begins anew. The usage record stays as it is."),
    _l("What was used is reset, from the next call on."),
)


@localized_route(subscription_limits, "subscription_limits")
@signed_in_only
def overview(subscription_id: str) -> ResponseReturnValue:
    """What binds it, what is left, what it was granted, and why."""
    with _seen(subscription_id) as found:
        now = int(actor().now.timestamp())
        return render_template(
            "subscriptions/limits.html",
            subscription=found,
            windows=limits.limits_now(found, house().default_limits, actor().now),
            left=_left(found),
            own=limits.own_limits(found),
            extras=[(_named(found, extra.window), _time(extra.until), extra)
                    for extra in extras_of(found.extras) if extra.until > now],
            resets=[(_named(found, reset.window), _time(reset.at), reset) for reset in resets_of(found.resets)],
            may_edit=_may_edit(found),
            changes=(OWN, EXTRA, RESET),
        )  # fmt: skip


@localized_route(subscription_limits, "own_limits", methods=("GET", "POST"))
@signed_in_only
def own(subscription_id: str) -> ResponseReturnValue:
    """Limits before those of the plan."""
    with _seen(subscription_id) as found:
        _require(found)
        given = {"reason": found.limits_reason, "version": found.version}
        form = OwnForm(data=data_of(limits.own_limits(found), {}) | given)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            limits.override(session, actor(), subscription_id, windows=form.windows(), **_reasons(form))
        if not form.errors:
            return _done(subscription_id, OWN)
    return _asked(subscription_id, form, OWN)


@localized_route(subscription_limits, "extra_calls", methods=("GET", "POST"))
@signed_in_only
def extra(subscription_id: str) -> ResponseReturnValue:
    """More calls for a time."""
    with _seen(subscription_id) as found:
        _require(found)
        form = ExtraForm(data={"version": found.version})
        form.window.choices = _choices(window for window in _windows(found) if window.is_quota)
        zone = limits.zone_of(found.api)
    if form.validate_on_submit():
        grant = Grant(form.window.data, form.calls.data or 0, _end_of(form.until.data, zone))
        with errors_into(form), house().database.begin() as session:
            allowances.grant_extra(
                session, actor(), subscription_id, grant, system=house().default_limits, **_reasons(form)
            )
        if not form.errors:
            return _done(subscription_id, EXTRA)
    return _asked(subscription_id, form, EXTRA)


@localized_route(subscription_limits, "reset_used", methods=("GET", "POST"))
@signed_in_only
def reset(subscription_id: str) -> ResponseReturnValue:
    """Begin to count anew."""
    with _seen(subscription_id) as found:
        _require(found)
        form = ResetForm(data={"version": found.version})
        windows = [window for window in _windows(found) if window.kind != "concurrency"]
        form.windows.choices = [SelectChoice(ALL, _("All of them")), *_choices(windows)]
    if form.validate_on_submit():
        names = [form.windows.data] if form.windows.data != ALL else [window.name for window in windows]
        with errors_into(form), house().database.begin() as session:
            allowances.reset(
                session, actor(), subscription_id, windows=names, system=house().default_limits, **_reasons(form)
            )
        if not form.errors:
            return _done(subscription_id, RESET)
    return _asked(subscription_id, form, RESET)


def _done(subscription_id: str, change: Change) -> ResponseReturnValue:
    flash(str(change.done), "success")
    return redirect(url_for_page("subscription_limits", subscription_id=subscription_id), 303)


def _asked(subscription_id: str, form: Any, change: Change) -> ResponseReturnValue:
    with _seen(subscription_id) as found:
        told = {"subscription": found, "change": change, "zone": limits.zone_of(found.api)}
        page = render_template("subscriptions/change_limits.html", form=form, **told)
    return page, 422 if form.errors else 200


@contextmanager
def _seen(subscription_id: str) -> Iterator[Subscription]:
    with house().database.read() as session:
        yield subscriptions.get(session, actor(), subscription_id)


def _reasons(form: Any) -> dict[str, Any]:
    return {"reason": form.reason.data, "expected_version": form.version.data}


def _may_edit(found: Subscription) -> bool:
    return actor().may(Permission.EDIT_API, found.api.organisation_id)


def _require(found: Subscription) -> None:
    actor().require(Permission.EDIT_API, found.api.organisation_id)


def _windows(found: Subscription) -> tuple[Window, ...]:
    return limits.limits_in_force(found, house().default_limits)


def _choices(windows: Any) -> list[SelectChoice]:
    return [SelectChoice(window.name, of_limit(window)) for window in windows]


def _named(found: Subscription, name: str) -> str:
    """A limit in words; by its name in the fields of an answer, if it is no longer in force."""
    return next((of_limit(window) for window in _windows(found) if window.name == name), name)


def _left(found: Subscription) -> Budget | None:
    try:
        return house().ledger.left(limits.charges_now(found, house().default_limits, actor().now))
    except Failure:
        return None


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _end_of(day: Any, zone: str) -> datetime | None:
    """When a day ends where the department is."""
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
