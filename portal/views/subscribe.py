"""Subscribing an application to an API: one form, one answer, and a line to paste."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import HiddenField, RadioField, SelectField, StringField, ValidationError

import openapi
from gateway.domain.lifecycle import ApplicationState
from gateway.domain.roles import OrganisationKind, Permission
from gateway.domain.scopes import scope_for
from gateway.services import applications, organisations
from gateway.services import catalogue as shelves
from gateway.services.catalogue import PublishedApi
from gateway.services.plans import windows_of
from gateway.store.accounts import Organisation
from gateway.store.catalogue import Api
from portal.context import actor, house
from portal.forms import AtMost, Needed, PageForm, errors_into
from portal.joining import Joined, Wanted, join
from portal.language import both
from portal.samples import TOKEN_IN_SHELL, base_address, call_lines, first_operation, key_field, token_lines
from portal.sessions import signed_in_only
from portal.slugs import localized_route

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
        if form.validate_on_submit():
            wanted = _wanted(form, owners)
            session.rollback()
            with errors_into(form):
                joined = join(house().database, actor(), published.api, wanted)
            if not form.errors:
                return _result(session, published.api, major, joined)
        page = render_template(
            "catalogue/subscribe.html",
            form=form,
            api=published.api,
            major=major,
            plans={plan.id: (plan, windows_of(plan)) for plan in published.plans},
            owners=owners,
        )
    return page, 422 if form.errors else 200


def _form(session: Session, published: PublishedApi) -> tuple[SubscribeForm, list[Organisation]]:
    """The form with what this person may choose, and the organisations that may have a new application."""
    form = SubscribeForm(nonce=secrets.token_urlsafe(24))
    owners = _owners(session)
    mine = applications.mine(session, actor(), per_page=_MOST_SHOWN).items
    usable = [each for each in mine if each.state == ApplicationState.ACTIVE]
    new = [(NEW, _("A new application"))] if owners else []
    form.plan_id.choices = [(plan.id, both(plan.name_en, plan.name_fr)) for plan in published.plans]
    form.application_id.choices = [(each.id, each.name) for each in usable] + new
    form.organisation_id.choices = [(each.id, both(each.name_en, each.name_fr)) for each in owners]
    if request.method == "GET":
        form.plan_id.data = _only(form.plan_id.choices)
        form.application_id.data = _only(form.application_id.choices)
    return form, owners


def _owners(session: Session) -> list[Organisation]:
    allowed = actor().organisations_where(Permission.EDIT_APPLICATION)
    mine = organisations.my_organisations(session, actor())
    return [each for each in mine if each.id in allowed and each.kind == OrganisationKind.CONSUMER]


def _only(choices: Sequence[tuple[str, str]]) -> str | None:
    """What is chosen beforehand: the one thing that can be."""
    return choices[0][0] if len(choices) == 1 else None


def _wanted(form: SubscribeForm, owners: list[Organisation]) -> Wanted:
    if form.application_id.data != NEW:
        return Wanted(form.plan_id.data, form.nonce.data, application_id=form.application_id.data)
    owner = form.organisation_id.data or owners[0].id
    return Wanted(form.plan_id.data, form.nonce.data, organisation_id=owner, name=form.name.data)


def _result(session: Session, api: Api, major: int, joined: Joined) -> Response:
    """The secret, once, and the line to paste. Never cached, never redirected to."""
    lines = sample_lines(session, api, major, client_id=joined.application.id, secret=joined.secret or _("YOUR_SECRET"))
    page = render_template(
        "catalogue/subscribed.html", api=api, major=major, joined=joined, plan=joined.subscription.plan, lines=lines
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def sample_lines(
    session: Session, api: Api, major: int, *, client_id: str = "", secret: str = "", key: str = ""
) -> dict[str, str]:
    """What to paste for a first call, by token and by key; empty when the document has no operation."""
    operation = first_operation(shelves.outline_of(session, api.name, major))
    if operation is None:
        return {}
    sample = openapi.sample_request(operation, shelves.document_of(session, api.name, major))
    public_url = house().public_url
    base, scope = base_address(public_url, api.name, major), scope_for(api.name, operation.method)
    token = token_lines(public_url, client_id, secret or _("YOUR_SECRET"), scope)
    return {
        "token": f"{token}\n{call_lines(base, sample, TOKEN_IN_SHELL)}\n",
        "key": f"{call_lines(base, sample, key_field(key or _('YOUR_API_KEY')))}\n",
    }
