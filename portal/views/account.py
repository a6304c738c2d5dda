"""A person's own account: where they are signed in, and their tokens for the management API."""

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.domain.permission_words import MEANINGS
from gateway.domain.roles import Permission
from gateway.services import accounts, organisations, sessions, tokens
from portal.browsers import browser_name
from portal.context import actor, house
from portal.forms import AtMost, Needed, PageForm, errors_into
from portal.language import both, of_words
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

account = Blueprint("account", __name__)
account.add_app_template_global(browser_name, "browser_name")


class TokenForm(PageForm):
    """A token for the management API: what it is for, what it may do, how long."""

    name = StringField(_l("Name"), [Needed(_l("Say what the token is for.")), AtMost(200)])
    scopes = SelectMultipleField(
        _l("What it may do"),
        [Needed(_l("Choose at least one thing."))],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    organisation_id = SelectField(_l("Where it may do it"), validate_choice=False)
    pipeline = BooleanField(_l("It belongs to the organisation, and goes on working when I have left"))
    days = IntegerField(
        _l("Days until it expires"),
        [NumberRange(1, tokens.LONGEST_DAYS, message=_l("Give a number of days from 1 to 365."))],
        default=tokens.USUAL_DAYS,
    )


class LettersForm(PageForm):
    """Which messages about quotas a person gets."""

    hears_near = BooleanField(_l("When four fifths of a quota are used"))
    hears_spent = BooleanField(_l("When a quota is used up"))


@localized_route(account, "account")
@signed_in_only
def overview() -> ResponseReturnValue:
    """Who we think you are."""
    with house().database.read() as session:
        mine = organisations.my_organisations(session, actor())
        signed_in = sessions.list_sessions(session, actor())
        kept = tokens.list_tokens(session, actor())
        return render_template(
            "account/overview.html",
            email=accounts.own_account(session, actor()).email,
            organisations=mine,
            sessions=signed_in,
            tokens=kept,
            this_session=g.sign_in_id,
        )


@localized_route(account, "account_sessions", methods=("POST",))
@signed_in_only
def end_session() -> ResponseReturnValue:
    """Sign one browser out."""
    with house().database.begin() as session:
        sessions.revoke_session(session, actor(), request.form.get("session_id", ""))
    flash(_("That browser is signed out."), "success")
    return redirect(url_for_page("account"), 303)


@localized_route(account, "account_letters", methods=("GET", "POST"))
@signed_in_only
def letters() -> ResponseReturnValue:
    """Choose which messages about quotas one gets."""
    with house().database.read() as session:
        form = LettersForm(obj=accounts.own_account(session, actor()))
    if form.validate_on_submit():
        chosen = {"hears_near": form.hears_near.data, "hears_spent": form.hears_spent.data}
        with house().database.begin() as session:
            accounts.choose_letters(session, actor(), **chosen)
        flash(_("Your choice is kept."), "success")
        return redirect(url_for_page("account"), 303)
    return render_template("account/letters.html", form=form)


@localized_route(account, "account_tokens", methods=("GET", "POST"))
@signed_in_only
def new_token() -> ResponseReturnValue:
    """Make a token, shown once."""
    form = TokenForm()
    form.scopes.choices = [
        SelectChoice(scope, of_words(MEANINGS[Permission(scope)])) for scope in tokens.grantable(actor())
    ]
    with house().database.read() as session:
        form.organisation_id.choices = _places(session)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            minted = tokens.mint_token(
                session,
                actor(),
                name=form.name.data,
                scopes=form.scopes.data,
                days=form.days.data,
                organisation_id=form.organisation_id.data or None,
                pipeline=form.pipeline.data,
            )
        if not form.errors:
            return render_template("account/token_made.html", minted=minted)
    return render_template("account/new_token.html", form=form), 422 if form.errors else 200


@localized_route(account, "revoke_token", methods=("POST",))
@signed_in_only
def revoke_token(token_id: str) -> ResponseReturnValue:
    """End a token."""
    with house().database.begin() as session:
        tokens.revoke_token(session, actor(), token_id)
    flash(_("The token no longer works."), "success")
    return redirect(url_for_page("account"), 303)


def _places(session: Session) -> list[SelectChoice]:
    """Where a token may work: wherever its owner may, or in one of the organisations whose tokens they manage."""
    managed = actor().organisations_where(Permission.MANAGE_TOKENS)
    mine = organisations.my_organisations(session, actor())
    one = [SelectChoice(each.id, both(each.name_en, each.name_fr)) for each in mine if each.id in managed]
    return [SelectChoice("", _("Wherever I may")), *one]
