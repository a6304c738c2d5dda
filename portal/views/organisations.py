"""One's own organisations: who belongs to them; and renaming any that one may change, departments too."""

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, IntegerField, StringField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.roles import ROLES_OF_KIND, OrganisationKind, Permission
from gateway.services import organisations as services
from gateway.store.accounts import Organisation
from portal.context import actor, house
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

organisations = Blueprint("organisations", __name__)

_LONGEST_NAME, _LONGEST_ADDRESS, _LONGEST_ZONE = 200, 254, 60


class NamesForm(PageForm):
    """What an organisation is called, and where a department's days begin; `version` is what the person had read."""

    name_en = StringField(_l("Name in English"), [Needed(_l("Name it in English.")), AtMost(_LONGEST_NAME)])
    name_fr = StringField(_l("Name in French"), [Needed(_l("Name it in French.")), AtMost(_LONGEST_NAME)])
    time_zone = StringField(_l("Time zone"), [Optional(), AtMost(_LONGEST_ZONE)])
    version = IntegerField(validators=[Optional()], widget=HiddenInput())


class MemberForm(PageForm):
    """Who is to belong to an organisation."""

    email = EmailField(_l("E-mail address"), [Needed(_l("Enter an e-mail address.")), AtMost(_LONGEST_ADDRESS)])


@localized_route(organisations, "organisation", methods=("GET", "POST"))
@signed_in_only
def organisation(organisation_id: str) -> ResponseReturnValue:
    """Who belongs to it, and adding somebody; a department has a page of its own."""
    actor().require(Permission.READ_ORGANISATION, organisation_id)
    form = MemberForm()
    with house().database.read() as session:
        found = services.get_organisation(session, actor(), organisation_id)
    if found.kind == OrganisationKind.DEPARTMENT:
        return redirect(page_of(found), 303)
    if form.validate_on_submit():
        (role,) = ROLES_OF_KIND[OrganisationKind(found.kind)]
        with errors_into(form), once(), house().database.begin() as session:
            services.add_member(session, actor(), organisation_id, email=form.email.data, role=role)
        if not form.errors:
            flash(_("That person belongs to the organisation from now on."), "success")
            return redirect(page_of(found), 303)
    with house().database.read() as session:
        page = render_template(
            "account/organisation.html",
            form=form,
            organisation=found,
            members=services.members(session, actor(), organisation_id),
        )
    return page, 422 if form.errors else 200


@localized_route(organisations, "edit_organisation", methods=("GET", "POST"))
@signed_in_only
def rename(organisation_id: str) -> ResponseReturnValue:
    """Change its names."""
    actor().require(Permission.EDIT_ORGANISATION, organisation_id)
    with house().database.read() as session:
        found = services.get_organisation(session, actor(), organisation_id)
    form = NamesForm(obj=found)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.update_organisation(
                session,
                actor(),
                organisation_id,
                name_en=form.name_en.data,
                name_fr=form.name_fr.data,
                time_zone=form.time_zone.data or None,
                expected_version=form.version.data,
            )
        if not form.errors:
            flash(_("The names are changed."), "success")
            return redirect(page_of(found), 303)
    page = render_template("account/rename.html", form=form, organisation=found, above=page_of(found))
    return page, 422 if form.errors else 200


@localized_route(organisations, "remove_colleague", methods=("GET", "POST"))
@signed_in_only
def remove(organisation_id: str, membership_id: str) -> ResponseReturnValue:
    """End somebody's membership, after asking."""
    form = PageForm()
    with house().database.read() as session:
        found = services.get_organisation(session, actor(), organisation_id)
        everyone = services.members(session, actor(), organisation_id)
    leaving = next((each for each in everyone if each.id == membership_id), None)
    if leaving is None:
        return redirect(page_of(found), 303)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.remove_member(session, actor(), organisation_id, membership_id)
        if not form.errors:
            flash(_("That person no longer belongs to the organisation."), "success")
            return redirect(url_for_page("account"), 303)
    page = render_template("account/remove_colleague.html", form=form, organisation=found, member=leaving)
    return page, 422 if form.errors else 200


def page_of(found: Organisation) -> str:
    """The address of an organisation's page."""
    page = "operate_department" if found.kind == OrganisationKind.DEPARTMENT else "organisation"
    return url_for_page(page, organisation_id=found.id)
