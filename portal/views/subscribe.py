"""Subscribing an application to an API: one form, one answer, and a line to paste."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import HiddenField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from gateway.domain.errors import OTHER_PLAN, DomainError
from gateway.domain.lifecycle import ApplicationState
from gateway.services import applications, subscriptions
from gateway.services import catalogue as shelves
from gateway.services.catalogue import PublishedApi
from gateway.services.plans import windows_of
from gateway.store.accounts import Organisation
from portal.context import actor, house
from portal.first_calls import first_call, never_kept
from portal.forms import AtMost, Needed, PageForm, errors_into
from portal.joining import Joined, Wanted, join
from portal.language import both, of_words
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.applications import consumers_of_actor

subscribe = Blueprint("subscribe", __name__)

NEW = "new"
_MOST_SHOWN = 100


class SubscribeForm(PageForm):
    """Under which plan, and for which application: one that exists or one named here."""

    plan_id = RadioField(_l("Plan"), [Needed(_l("Choose a plan."))])
    application_id = RadioField(_l("Application"), [Needed(_l("Choose an application, or a new one."))])
    name = StringField(_l("Name of the new application"), [AtMost(120)])
    organisation_id = SelectField(_l("Organisation of the new application"), validate_choice=False)
    nonce = HiddenField(validators=[AtMost(64)])

    def validate_name(self, field: Any) -> None:
        """A new application has a name."""
        if self.application_id.data == NEW and not (field.data or "").strip():
            raise ValidationError(_("Name the new application."))


@localized_route(subscribe, "subscribe", methods=("GET", "POST"))
@signed_in_only
def new(name: str, major: int) -> ResponseReturnValue:
    """Choose, then read what to paste."""
    with house().database.read() as session:
        published = shelves.published(session, name)
        shelves.revision_in_force(session, name, major)
        form, owners = _form(session, published)
        plans = {plan.id: (plan, windows_of(plan)) for plan in published.plans}
    api = published.api
    if form.validate_on_submit():
        with errors_into(form):
            try:
                joined = join(house().database, actor(), api.id, _wanted(form, owners))
            except DomainError as error:
                if error.kind is not OTHER_PLAN:
                    raise
                return _to_change(error, form.plan_id.data)
        if not form.errors:
            return _result(major, joined)
    page = render_template("catalogue/subscribe.html", form=form, api=api, major=major, plans=plans, owners=owners)
    return page, 422 if form.errors else 200


def _form(session: Session, published: PublishedApi) -> tuple[SubscribeForm, list[Organisation]]:
    """The form with what this person may choose, and the organisations that may have a new application."""
    form = SubscribeForm(nonce=secrets.token_urlsafe(24))
    owners = consumers_of_actor(session)
    mine = applications.mine(session, actor(), per_page=_MOST_SHOWN).items
    usable = [each for each in mine if each.state == ApplicationState.ACTIVE]
    fresh = [SelectChoice(NEW, _("A new application"))] if owners else []
    form.plan_id.choices = [SelectChoice(plan.id, both(plan.name_en, plan.name_fr)) for plan in published.plans]
    form.application_id.choices = [SelectChoice(each.id, each.name) for each in usable] + fresh
    form.organisation_id.choices = [SelectChoice(each.id, both(each.name_en, each.name_fr)) for each in owners]
    if not request.form:
        form.plan_id.data = _only(form.plan_id.choices)
        form.application_id.data = _only(form.application_id.choices)
    return form, owners


def _only(choices: Sequence[Any]) -> str | None:
    """What is chosen beforehand: the one thing that can be."""
    return choices[0].value if len(choices) == 1 else None


def _wanted(form: SubscribeForm, owners: list[Organisation]) -> Wanted:
    if form.application_id.data != NEW:
        return Wanted(form.plan_id.data, form.nonce.data, application_id=form.application_id.data)
    owner = form.organisation_id.data or owners[0].id
    return Wanted(form.plan_id.data, form.nonce.data, organisation_id=owner, name=form.name.data)


def _to_change(error: DomainError, plan_id: str) -> ResponseReturnValue:
    """Where a subscription that is there already may go on under the plan that was chosen."""
    flash(of_words(error.detail), "info")
    return redirect(url_for_page("change_plan", subscription_id=error.members["subscription"], plan_id=plan_id), 303)


def _result(major: int, joined: Joined) -> Response:
    """The secret, once, and the line to paste. Never cached, never redirected to."""
    with house().database.read() as session:
        subscription = subscriptions.get(session, actor(), joined.subscription_id)
        api, application = subscription.api, subscription.application
        page = render_template(
            "catalogue/subscribed.html",
            api=api,
            major=major,
            application=application,
            plan=subscription.plan,
            joined=joined,
            call=first_call(session, api.name, major, client_id=application.id, secret=joined.secret),
        )
    return never_kept(page)
