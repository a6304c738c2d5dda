"""The operations desk: what is called, by whom, what is refused; and any application, to see, suspend and resume."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from gateway.domain.roles import Permission
from gateway.services import applications as services
from gateway.services import call_log, subscriptions, usage
from gateway.services.call_log import Wanted
from gateway.store.applications import Application
from portal.context import actor, house, page_number
from portal.forms import PageForm, errors_into, once
from portal.problems import refusals_by_code
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.application_overview import left_of
from portal.views.publish_subscribers import MayGiveReasonForm, ReasonForm
from portal.views.publish_usage import SPANS, api_titles, asked_span, entitled, points_of

operate = Blueprint("operate", __name__)

_LONGEST_SEARCH = 200
_CALLS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do to an application, and what is said about it."""

    service: Callable[..., Application]
    form: type[PageForm]
    title: Any
    lead: Any
    done: Any
    kind: str


_SUSPENDING = Move(
    services.suspend,
    ReasonForm,
    _l("Suspend the application"),
    _l("From the next call on, all its calls are refused, until you resume it. Its people read the reason."),
    _l("The application is suspended. Its calls are refused from now on."),
    "danger",
)
_RESUMING = Move(
    services.resume,
    MayGiveReasonForm,
    _l("Resume the application"),
    _l("From the next call on, the application may call its APIs again."),
    _l("The application is active again."),
    "",
)


@localized_route(operate, "operate")
@signed_in_only
def desk() -> ResponseReturnValue:
    """All that was called."""
    span = asked_span()
    house().flush_usage()
    with house().database.read() as session:
        totals = usage.of_everything(session, actor(), now=actor().now, hours=SPANS[span])
        by_api = entitled(session, totals.by_api)
    return render_template(
        "operate/desk.html",
        totals=totals,
        by_api=by_api,
        points=points_of(totals, span),
        span=span,
        refusals=refusals_by_code(house().registry),
    )


@localized_route(operate, "operate_applications")
@signed_in_only
def applications() -> ResponseReturnValue:
    """Every application, or those with these words."""
    words = request.args.get("q", "")[:_LONGEST_SEARCH].strip()
    with house().database.read() as session:
        found = services.browse_all(session, actor(), words=words, page=page_number())
        return render_template("operate/applications.html", found=found, words=words)


@localized_route(operate, "operate_application")
@signed_in_only
def application(application_id: str) -> ResponseReturnValue:
    """One application: whose it is, what it may call, what it has left, what it called."""
    house().flush_usage()
    with house().database.read() as session:
        found = services.get(session, actor(), application_id, Permission.SUSPEND_APPLICATION)
        joined = subscriptions.of_application(session, actor(), application_id)
        calls = call_log.browse(session, actor(), application_id, Wanted(), per_page=_CALLS_SHOWN).items
        return render_template(
            "operate/application.html",
            application=found,
            subscriptions=joined,
            left=left_of(session, application_id),
            totals=usage.of_application(session, actor(), application_id, now=actor().now),
            calls=calls,
            api_names=api_titles(session, [each.api_id for each in calls]),
            refusals=refusals_by_code(house().registry),
        )


@localized_route(operate, "suspend_application", methods=("GET", "POST"))
@signed_in_only
def suspend(application_id: str) -> ResponseReturnValue:
    """Refuse all its calls, after asking why."""
    return _move(application_id, _SUSPENDING)


@localized_route(operate, "resume_application", methods=("GET", "POST"))
@signed_in_only
def resume(application_id: str) -> ResponseReturnValue:
    """Let it call again."""
    return _move(application_id, _RESUMING)


def _move(application_id: str, move: Move) -> ResponseReturnValue:
    form = move.form()
    with house().database.read() as session:
        found = services.get(session, actor(), application_id, Permission.SUSPEND_APPLICATION)
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            move.service(session, actor(), application_id, reason=form.reason.data or "")
        if not form.errors:
            flash(str(move.done), "success")
            return redirect(url_for_page("operate_application", application_id=application_id), 303)
    page = render_template("operate/move_application.html", form=form, application=found, move=move)
    return page, 422 if form.errors else 200
