"""Who subscribes to an API, and what its department may do about it: suspend, resume, revoke."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from gateway.services import subscriptions
from gateway.store.applications import Subscription
from portal.context import actor, house, page_number
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish import managed_api

publish_subscribers = Blueprint("publish_subscribers", __name__)

LONGEST_REASON = 2_000


class ReasonForm(PageForm):
    """Why; the people of the application read it."""

    reason = TextAreaField(_l("Reason"), [Needed(_l("Give a reason.")), AtMost(LONGEST_REASON)])


class MayGiveReasonForm(PageForm):
    """Why, if there is something to say."""

    reason = TextAreaField(_l("Reason"), [AtMost(LONGEST_REASON)])


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do to a subscription, and what is said about it."""

    service: Callable[..., Subscription]
    form: type[PageForm]
    title: Any
    lead: Any
    done: Any
    kind: str


_SUSPENDING = Move(
    subscriptions.suspend,
    ReasonForm,
    _l("Suspend the subscription"),
    _l("From the next call on, the application’s calls to this API are refused, until you resume the subscription."),
    _l("The subscription is suspended."),
    "danger",
)
_RESUMING = Move(
    subscriptions.resume,
    MayGiveReasonForm,
    _l("Resume the subscription"),
    _l("From the next call on, the application may call this API again."),
    _l("The subscription is active again."),
    "",
)
_REVOKING = Move(
    subscriptions.revoke,
    ReasonForm,
    _l("Revoke the subscription"),
    _l("The subscription ends for good, and the application’s calls to this API are refused. It may subscribe again."),
    _l("The subscription is revoked."),
    "danger",
)


@localized_route(publish_subscribers, "subscribers")
@signed_in_only
def subscribers(name: str) -> ResponseReturnValue:
    """All of them, the ended ones too."""
    with house().database.read() as session:
        api = managed_api(session, name)
        found = subscriptions.of_api(session, actor(), api.id, page=page_number())
        return render_template("publish/subscribers.html", api=api, found=found)


@localized_route(publish_subscribers, "suspend_subscription", methods=("GET", "POST"))
@signed_in_only
def suspend(name: str, subscription_id: str) -> ResponseReturnValue:
    """Refuse the calls for now, after asking why."""
    return _move(name, subscription_id, _SUSPENDING)


@localized_route(publish_subscribers, "resume_subscription", methods=("GET", "POST"))
@signed_in_only
def resume(name: str, subscription_id: str) -> ResponseReturnValue:
    """Let the application call again."""
    return _move(name, subscription_id, _RESUMING)


@localized_route(publish_subscribers, "revoke_subscription", methods=("GET", "POST"))
@signed_in_only
def revoke(name: str, subscription_id: str) -> ResponseReturnValue:
    """End it for good, after asking why."""
    return _move(name, subscription_id, _REVOKING)


def _move(name: str, subscription_id: str, move: Move) -> ResponseReturnValue:
    form = move.form()
    with house().database.read() as session:
        api = managed_api(session, name)
        subscription = subscriptions.get(session, actor(), subscription_id)
        if subscription.api_id != api.id:
            abort(404)
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            move.service(session, actor(), subscription_id, reason=form.reason.data or "")
        if not form.errors:
            flash(str(move.done), "success")
            return redirect(url_for_page("subscribers", name=name), 303)
    page = render_template("publish/move_subscription.html", form=form, api=api, subscription=subscription, move=move)
    return page, 422 if form.errors else 200
