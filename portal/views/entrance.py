"""Getting in and out: signing up, confirming the address, signing in, choosing a new password, signing out."""

from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField

from gateway.services import accounts, sessions
from gateway.services.discretion import discreetly
from gateway.words import Language
from portal.context import actor, house
from portal.forms import AtMost, Checked, Needed, PageForm, errors_into
from portal.language import current_language
from portal.origins import make_known, origin
from portal.sections import own_work
from portal.sessions import farewell, safe_target, welcome
from portal.slugs import localized_route, url_for_page

entrance = Blueprint("entrance", __name__)

_LONGEST_ADDRESS, _LONGEST_PASSWORD, _LONGEST_WAY = 320, 256, 200


class SignUpForm(PageForm):
    """Four things, and no more (one thing asked less is one person more who stays)."""

    name = StringField(_l("Your name"), [Needed(_l("Give your name.")), AtMost(200)])
    email = EmailField(_l("E-mail address"), [Needed(_l("Give your e-mail address.")), AtMost(_LONGEST_ADDRESS)])
    password = PasswordField(_l("Password"), [Needed(_l("Choose a password.")), AtMost(_LONGEST_PASSWORD)])
    terms = BooleanField(
        _l("I will use the APIs within their plans and keep my secrets to myself"),
        [Checked(_l("Tick the box to go on."))],
    )
    next = HiddenField()


class SignInForm(PageForm):
    """Who it is, and where they were going."""

    own_codes = frozenset({"bad-credentials"})

    email = EmailField(_l("E-mail address"), [Needed(_l("Give your e-mail address.")), AtMost(_LONGEST_ADDRESS)])
    password = PasswordField(_l("Password"), [Needed(_l("Give your password.")), AtMost(_LONGEST_PASSWORD)])
    next = HiddenField()


class AddressForm(PageForm):
    """An address to write to."""

    email = EmailField(_l("E-mail address"), [Needed(_l("Give your e-mail address.")), AtMost(_LONGEST_ADDRESS)])


class ConfirmForm(PageForm):
    """The password that was chosen when the link was asked for."""

    own_codes = frozenset({"link-spent"})

    password = PasswordField(_l("Password"), [Needed(_l("Give your password.")), AtMost(_LONGEST_PASSWORD)])


class NewPasswordForm(PageForm):
    """A new password."""

    own_codes = frozenset({"link-spent"})

    password = PasswordField(_l("New password"), [Needed(_l("Choose a password.")), AtMost(_LONGEST_PASSWORD)])


@localized_route(entrance, "sign_up", methods=("GET", "POST"))
def sign_up() -> ResponseReturnValue:
    """Open an account; the way on is in the mail."""
    form = SignUpForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        with errors_into(form):
            house().tries.count_letter(origin())
            with discreetly(), house().database.begin() as session:
                accounts.sign_up(
                    session,
                    actor(),
                    email=form.email.data,
                    name=form.name.data,
                    password=form.password.data,
                    language=current_language(),
                    link_to=partial(_link_and_on, safe_target(form.next.data, "")),
                )
        if not form.errors:
            return redirect(url_for_page("check_mail"), 303)
    return render_template("entrance/sign_up.html", form=form), 422 if form.errors else 200


@localized_route(entrance, "check_mail", methods=("GET", "POST"))
def check_mail() -> ResponseReturnValue:
    """Where to look now, and how to be written to again."""
    form = AddressForm()
    if form.validate_on_submit():
        with errors_into(form):
            house().tries.count_letter(origin())
            with discreetly(), house().database.begin() as session:
                accounts.resend_verification(session, actor(), email=form.email.data, link_to=house().link_to)
        if not form.errors:
            flash(_("If the address is waiting to be confirmed, a new message is on its way."), "success")
            return redirect(url_for_page("check_mail"), 303)
    return render_template("entrance/check_mail.html", form=form), 422 if form.errors else 200


@localized_route(entrance, "verify_email", methods=("GET", "POST"))
def verify_email(token: str) -> ResponseReturnValue:
    """Confirm an address, and be signed in. Opening the link only asks, since mail scanners open links too."""
    form = ConfirmForm()
    with errors_into(form), house().database.read() as session:
        accounts.check_verification(session, actor(), token=token)
    if is_spent := bool(form.form_errors):
        return render_template("entrance/verify_email.html", form=form, is_spent=is_spent), 410
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            account = accounts.verify_email(
                session, actor(), house().tries, token=token, password=form.password.data, origin=origin()
            )
            signed_in = accounts.enter(session, actor(), account, browser=_browser())
            person = sessions.actor_for(session, account)
        if not form.errors:
            welcomed = welcome(signed_in, safe_target(request.args.get("next"), url_for_page(own_work(person))))
            flash(_("Your address is confirmed, and you are signed in."), "success")
            return make_known(welcomed, account.email)
    return render_template("entrance/verify_email.html", form=form, is_spent=False), 422 if form.errors else 200


@localized_route(entrance, "sign_in", methods=("GET", "POST"))
def sign_in() -> ResponseReturnValue:
    """Prove who one is."""
    form = SignInForm(next=request.args.get("next", ""))
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            signed_in = accounts.sign_in(
                session,
                actor(),
                house().tries,
                email=form.email.data,
                password=form.password.data,
                origin=origin(),
                browser=_browser(),
            )
            person = sessions.actor_for(session, signed_in.account)
        if not form.errors:
            welcomed = welcome(signed_in, safe_target(form.next.data, url_for_page(own_work(person))))
            return make_known(welcomed, signed_in.account.email)
    return render_template("entrance/sign_in.html", form=form), 422 if form.errors else 200


@localized_route(entrance, "forgotten_password", methods=("GET", "POST"))
def forgotten_password() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    form = AddressForm()
    if form.validate_on_submit():
        with errors_into(form):
            house().tries.count_letter(origin())
            with discreetly(), house().database.begin() as session:
                accounts.request_password_reset(session, actor(), email=form.email.data, link_to=house().link_to)
        if not form.errors:
            flash(_("If there is an account for that address, a message is on its way."), "success")
            return redirect(url_for_page("sign_in"), 303)
    return render_template("entrance/forgotten_password.html", form=form), 422 if form.errors else 200


@localized_route(entrance, "reset_password", methods=("GET", "POST"))
def reset_password(token: str) -> ResponseReturnValue:
    """Choose a new password; every session opened with the old one ends."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            account = accounts.reset_password(session, actor(), token=token, password=form.password.data)
        if not form.errors:
            flash(_("Your password is changed. Sign in with the new one."), "success")
            # Whoever reads the mail of the address is its owner, and so gets in whatever strangers tried.
            return make_known(redirect(url_for_page("sign_in"), 303), account.email)
    return render_template("entrance/reset_password.html", form=form), 422 if form.errors else 200


@localized_route(entrance, "sign_out", methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """Leave."""
    return farewell(url_for_page("home"))


def _browser() -> str:
    return request.user_agent.string[:200]


def _link_and_on(wanted: str, purpose: str, language: Language, token: str) -> str:
    """The link of a letter, which leads on to where somebody was going when they signed up: a page of ours."""
    link = house().link_to(purpose, language, token)
    return f"{link}?{urlencode({'next': wanted})}" if 0 < len(wanted) <= _LONGEST_WAY else link
