"""Webhooks of an application: added with a secret that is shown once, tried, and what became of the last messages."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from gateway.domain.roles import Permission
from gateway.services import applications
from gateway.services import webhooks as services
from gateway.services.receivers import LONGEST_URL
from portal.context import actor, house
from portal.first_calls import never_kept
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

webhooks = Blueprint("webhooks", __name__)


class WebhookForm(PageForm):
    """Where the notices go."""

    url = StringField(_l("Address"), [Needed(_l("Give the address that messages are sent to.")), AtMost(LONGEST_URL)])


@localized_route(webhooks, "webhooks", methods=("GET", "POST"))
@signed_in_only
def browse(application_id: str) -> ResponseReturnValue:
    """List those of an application, and add one: the answer to the form is the only page that shows its secret."""
    form = WebhookForm()
    if form.validate_on_submit():
        with errors_into(form):
            made = _add(application_id, form.url.data)
        if not form.errors:
            return never_kept(render_template("webhooks/made.html", made=made))
    with house().database.read() as session:
        application = applications.get(session, actor(), application_id)
        page = render_template(
            "webhooks/list.html",
            form=form,
            application=application,
            hooks=services.of_application(session, actor(), application_id),
            may_edit=actor().may(Permission.EDIT_APPLICATION, application.organisation_id),
            most=services.MOST,
            may_be_here=bool(house().receivers.allowed_networks),
        )
    return page, 422 if form.errors else 200


@localized_route(webhooks, "webhook")
@signed_in_only
def webhook(webhook_id: str) -> ResponseReturnValue:
    """One of them, and the latest messages to it."""
    with house().database.read() as session:
        found = services.get(session, actor(), webhook_id)
        return render_template(
            "webhooks/webhook.html",
            hook=found,
            application=found.application,
            messages=services.messages(session, actor(), webhook_id),
            may_edit=actor().may(Permission.EDIT_APPLICATION, found.application.organisation_id),
        )


@localized_route(webhooks, "webhook_secret", methods=("GET", "POST"))
@signed_in_only
def replace_secret(webhook_id: str) -> ResponseReturnValue:
    """Replace its secret, after asking."""
    form = PageForm()
    if form.validate_on_submit():
        with house().database.begin() as session:
            made = services.replace_secret(session, actor(), webhook_id, sealer=house().sealer)
            return never_kept(render_template("webhooks/made.html", made=made))
    return _ask("webhooks/secret.html", webhook_id, form)


@localized_route(webhooks, "remove_webhook", methods=("GET", "POST"))
@signed_in_only
def remove(webhook_id: str) -> ResponseReturnValue:
    """End it, after asking."""
    form = PageForm()
    if form.validate_on_submit():
        with house().database.begin() as session:
            application_id = services.get(session, actor(), webhook_id).application_id
            services.remove(session, actor(), webhook_id)
        flash(_("The webhook is removed. Nothing more is sent there."), "success")
        return redirect(url_for_page("webhooks", application_id=application_id), 303)
    return _ask("webhooks/remove.html", webhook_id, form)


@localized_route(webhooks, "test_webhook", methods=("POST",))
@signed_in_only
def send_test(webhook_id: str) -> ResponseReturnValue:
    """Send a message that is only a test."""
    with once(), house().database.begin() as session:
        services.send_test(session, actor(), webhook_id)
    flash(_("A test is on its way. What becomes of it is shown here in a second or two."), "success")
    return redirect(url_for_page("webhook", webhook_id=webhook_id), 303)


@localized_route(webhooks, "enable_webhook", methods=("POST",))
@signed_in_only
def enable(webhook_id: str) -> ResponseReturnValue:
    """Turn it on again."""
    with once(), house().database.begin() as session:
        services.enable(session, actor(), webhook_id)
    flash(_("The webhook is on again."), "success")
    return redirect(url_for_page("webhook", webhook_id=webhook_id), 303)


@localized_route(webhooks, "send_again", methods=("POST",))
@signed_in_only
def send_again(webhook_id: str) -> ResponseReturnValue:
    """Send one of the messages again."""
    with house().database.begin() as session:
        services.send_again(session, actor(), webhook_id, request.form.get("message_id", ""))
    flash(_("The message is on its way again."), "success")
    return redirect(url_for_page("webhook", webhook_id=webhook_id), 303)


def _add(application_id: str, url: str) -> services.NewSecret:
    with house().database.read() as session:
        url = services.judge(session, actor(), application_id, url=url, policy=house().receivers)
    with house().database.begin() as session:
        return services.add(session, actor(), application_id, url=url, sealer=house().sealer)


def _ask(template: str, webhook_id: str, form: PageForm) -> ResponseReturnValue:
    with house().database.read() as session:
        found = services.get(session, actor(), webhook_id, Permission.EDIT_APPLICATION)
        return render_template(template, form=form, hook=found, application=found.application)
