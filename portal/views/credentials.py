"""Client secrets and API keys of an application: made and shown once, revoked after asking."""

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import HiddenField, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from gateway.domain.errors import ALREADY_DONE, DomainError
from gateway.domain.lifecycle import SERVED, SubscriptionState
from gateway.domain.roles import Permission
from gateway.services import applications, subscriptions
from gateway.services import credentials as services
from gateway.services.credentials import MOST_AT_ONCE, MOST_DAYS, NewCredential
from gateway.store.applications import Application, CredentialKind, Subscription
from portal.context import actor, house
from portal.first_calls import first_call, never_kept
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.language import both
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

credentials = Blueprint("credentials", __name__)

_ADD = {CredentialKind.SECRET: services.add_secret, CredentialKind.KEY: services.add_key}


class CredentialForm(PageForm):
    """Which kind, what it is for, and how long it works."""

    kind = RadioField(
        _l("Kind"),
        [Needed(_l("Choose a kind."))],
        choices=[
            SelectChoice(str(CredentialKind.SECRET), _l("Client secret: gets access tokens, for every API")),
            SelectChoice(str(CredentialKind.KEY), _l("API key: sent with each call, where the plan takes one")),
        ],
    )
    name = StringField(_l("Name"), [Needed(_l("Say what it is for.")), AtMost(120)])
    days = IntegerField(
        _l("Days until it expires"),
        [Optional(), NumberRange(1, MOST_DAYS, message=_l("Give a number of days from 1 to 3,650."))],
    )
    nonce = HiddenField(validators=[AtMost(64)])


@localized_route(credentials, "new_credential", methods=("GET", "POST"))
@signed_in_only
def new(application_id: str) -> ResponseReturnValue:
    """Make one; the answer to the form is the only page that ever shows it."""
    form = CredentialForm(nonce=secrets.token_urlsafe(24), kind=request.args.get("kind", CredentialKind.SECRET))
    with house().database.read() as session:
        application = applications.get(session, actor(), application_id, Permission.EDIT_APPLICATION)
        in_force = _in_force(session, application_id)
        if form.validate_on_submit():
            with errors_into(form):
                made = _make(application_id, form)
            if not form.errors:
                lines = _lines(session, application, in_force, made) if made else {}
                page = render_template("applications/credential_made.html", application=application, made=made, **lines)
                return never_kept(page)
        takes_keys = any(each.plan.allows_api_key for each in in_force)
        page = render_template(
            "applications/new_credential.html",
            form=form,
            application=application,
            takes_keys=takes_keys,
            most=MOST_AT_ONCE,
        )
    return page, 422 if form.errors else 200


@localized_route(credentials, "revoke_credential", methods=("GET", "POST"))
@signed_in_only
def revoke(application_id: str, credential_id: str) -> ResponseReturnValue:
    """End one, after asking."""
    form = PageForm()
    with house().database.read() as session:
        application = applications.get(session, actor(), application_id, Permission.EDIT_APPLICATION)
        kept = services.of_application(session, actor(), application_id)
        credential = next((each for each in kept if each.id == credential_id), None) or abort(404)
    if form.validate_on_submit():
        with once(), house().database.begin() as session:
            services.revoke(session, actor(), credential_id)
        flash(_("“%(name)s” is revoked. Calls made with it are refused from now on.", name=credential.name), "success")
        return redirect(url_for_page("application", application_id=application_id), 303)
    return render_template("applications/revoke.html", form=form, application=application, credential=credential)


def _make(application_id: str, form: CredentialForm) -> NewCredential | None:
    """The new credential; None when this very form has made it before."""
    add = _ADD[CredentialKind(form.kind.data)]
    try:
        with house().database.begin() as session:
            return add(
                session,
                actor(),
                application_id,
                name=form.name.data,
                nonce=form.nonce.data or None,
                days=form.days.data,
            )
    except DomainError as error:
        if error.kind is not ALREADY_DONE:
            raise
        return None


def _in_force(session: Session, application_id: str) -> list[Subscription]:
    joined = subscriptions.of_application(session, actor(), application_id)
    return [each for each in joined if each.state == SubscriptionState.ACTIVE]


def _lines(
    session: Session, application: Application, in_force: list[Subscription], made: NewCredential
) -> dict[str, str]:
    """A line to paste for the first API that takes this kind of credential: `line`, and the API's title: `line_api`."""
    by_key = made.credential.kind == CredentialKind.KEY
    for subscription in in_force:
        served = [version.major for version in subscription.api.versions if version.state in SERVED]
        if served and (subscription.plan.allows_api_key or not by_key):
            given = {"key": made.secret} if by_key else {"secret": made.secret}
            name = subscription.api.name
            call = first_call(session, name, max(served), client_id=application.id, **given)
            return {
                "line": call.by_key if by_key else call.by_token,
                "line_api": both(subscription.api.title_en, subscription.api.title_fr),
            }
    return {}
