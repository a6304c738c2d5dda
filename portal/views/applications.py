"""A developer's applications: the list, registering, editing and closing. The page of one: application_overview.py."""

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.roles import OrganisationKind, Permission
from gateway.services import applications as services
from gateway.services import organisations, subscriptions
from gateway.store.accounts import Organisation
from portal.context import actor, house, page_number
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.language import both
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

applications = Blueprint("applications", __name__)

_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_REASON = 120, 4_000, 2_000


class ApplicationForm(PageForm):
    """What an application is called and what it is for; `version` is what the person had read."""

    name = StringField(_l("Name"), [Needed(_l("Name the application.")), AtMost(_LONGEST_NAME)])
    description = TextAreaField(_l("What it does"), [AtMost(_LONGEST_TEXT)])
    organisation_id = SelectField(_l("Organisation"), validate_choice=False)
    version = IntegerField(validators=[Optional()], widget=HiddenInput())


class ReasonForm(PageForm):
    """Why, if the person wishes to say."""

    reason = TextAreaField(_l("Why?"), [AtMost(_LONGEST_REASON)])


@localized_route(applications, "applications")
@signed_in_only
def mine() -> ResponseReturnValue:
    """All of them, the closed ones too."""
    with house().database.read() as session:
        return render_template("applications/list.html", found=services.mine(session, actor(), page=page_number()))


@localized_route(applications, "new_application", methods=("GET", "POST"))
@signed_in_only
def register() -> ResponseReturnValue:
    """A new application."""
    form = ApplicationForm()
    with house().database.read() as session:
        owners = consumers_of_actor(session)
    form.organisation_id.choices = [SelectChoice(each.id, both(each.name_en, each.name_fr)) for each in owners]
    if form.validate_on_submit():
        owner = form.organisation_id.data or (owners[0].id if owners else "")
        with errors_into(form), house().database.begin() as session:
            made = services.register(
                session, actor(), organisation_id=owner, name=form.name.data, description=form.description.data or ""
            )
        if not form.errors:
            flash(_("The application is registered. Subscribe it to an API to make its first call."), "success")
            return redirect(url_for_page("application", application_id=made.id), 303)
    return render_template("applications/new.html", form=form, owners=owners), 422 if form.errors else 200


@localized_route(applications, "edit_application", methods=("GET", "POST"))
@signed_in_only
def edit(application_id: str) -> ResponseReturnValue:
    """Change its name or what it is for."""
    with house().database.read() as session:
        application = services.get(session, actor(), application_id, Permission.EDIT_APPLICATION)
    form = ApplicationForm(obj=application)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.update(
                session,
                actor(),
                application_id,
                name=form.name.data,
                description=form.description.data or "",
                expected_version=form.version.data,
            )
        if not form.errors:
            flash(_("The application is changed."), "success")
            return redirect(url_for_page("application", application_id=application_id), 303)
    return render_template("applications/edit.html", form=form, application=application), 422 if form.errors else 200


@localized_route(applications, "close_application", methods=("GET", "POST"))
@signed_in_only
def close(application_id: str) -> ResponseReturnValue:
    """End it for good, after asking."""
    form = ReasonForm()
    with house().database.read() as session:
        application = services.get(session, actor(), application_id, Permission.EDIT_APPLICATION)
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            services.close(session, actor(), application_id, reason=form.reason.data or "")
        if not form.errors:
            flash(_("The application is closed. Its calls are refused from now on."), "success")
            return redirect(url_for_page("application", application_id=application_id), 303)
    return render_template("applications/close.html", form=form, application=application), 422 if form.errors else 200


@localized_route(applications, "cancel_subscription", methods=("GET", "POST"))
@signed_in_only
def cancel_subscription(subscription_id: str) -> ResponseReturnValue:
    """Leave an API, after asking; nothing and nobody can stand in the way."""
    form = ReasonForm()
    with house().database.read() as session:
        subscription = subscriptions.get(session, actor(), subscription_id)
        application = services.get(session, actor(), subscription.application_id)
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            subscriptions.cancel(session, actor(), subscription_id, reason=form.reason.data or "")
        if not form.errors:
            flash(_("The subscription is cancelled."), "success")
            return redirect(url_for_page("application", application_id=application.id), 303)
    page = render_template(
        "applications/cancel.html", form=form, subscription=subscription, application=application, api=subscription.api
    )
    return page, 422 if form.errors else 200


def consumers_of_actor(session: Session) -> list[Organisation]:
    """The organisations in which this person may register applications."""
    allowed = actor().organisations_where(Permission.EDIT_APPLICATION)
    own = organisations.my_organisations(session, actor())
    return [each for each in own if each.id in allowed and each.kind == OrganisationKind.CONSUMER]
