"""Departments: the list and making one, for the operator; who publishes for one, for its own people too."""

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField

from gateway.domain.roles import OrganisationKind, Permission, Role
from gateway.services import organisations
from gateway.store.accounts import Organisation
from portal.context import actor, house, page_number
from portal.forms import AtMost, Needed, PageForm, errors_into, once
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

operate_departments = Blueprint("operate_departments", __name__)

_LONGEST_NAME, _LONGEST_SLUG, _LONGEST_ADDRESS = 200, 60, 254


class DepartmentForm(PageForm):
    """A new department: its names, and the short one that stands in addresses."""

    name_en = StringField(_l("Name in English"), [Needed(_l("Name the department in English.")), AtMost(_LONGEST_NAME)])
    name_fr = StringField(_l("Name in French"), [Needed(_l("Name the department in French.")), AtMost(_LONGEST_NAME)])
    slug = StringField(_l("Short name"), [Needed(_l("Give the department a short name.")), AtMost(_LONGEST_SLUG)])


class PublisherForm(PageForm):
    """Who is to publish for a department."""

    email = EmailField(_l("E-mail address"), [Needed(_l("Enter an e-mail address.")), AtMost(_LONGEST_ADDRESS)])


@localized_route(operate_departments, "operate_departments")
@signed_in_only
def departments() -> ResponseReturnValue:
    """All of them."""
    actor().require(Permission.CREATE_DEPARTMENT, "")
    with house().database.read() as session:
        found = organisations.list_departments(session, page=page_number(), per_page=20)
        return render_template("operate/departments.html", found=found)


@localized_route(operate_departments, "new_department", methods=("GET", "POST"))
@signed_in_only
def create() -> ResponseReturnValue:
    """A new department."""
    actor().require(Permission.CREATE_DEPARTMENT, "")
    form = DepartmentForm()
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            made = organisations.create_department(
                session, actor(), slug=form.slug.data, name_en=form.name_en.data, name_fr=form.name_fr.data
            )
        if not form.errors:
            flash(_("The department is there. Add the people who publish for it."), "success")
            return redirect(url_for_page("operate_department", organisation_id=made.id), 303)
    return render_template("operate/new_department.html", form=form), 422 if form.errors else 200


@localized_route(operate_departments, "operate_department", methods=("GET", "POST"))
@signed_in_only
def department(organisation_id: str) -> ResponseReturnValue:
    """Its publishers, and adding one."""
    form = PublisherForm()
    if form.validate_on_submit():
        with errors_into(form), once(), house().database.begin() as session:
            organisations.add_member(session, actor(), organisation_id, email=form.email.data, role=Role.PUBLISHER)
        if not form.errors:
            flash(_("That person publishes for the department from now on."), "success")
            return redirect(url_for_page("operate_department", organisation_id=organisation_id), 303)
    with house().database.read() as session:
        page = render_template(
            "operate/department.html",
            form=form,
            department=_department(organisation_id),
            members=organisations.members(session, actor(), organisation_id),
        )
    return page, 422 if form.errors else 200


@localized_route(operate_departments, "remove_member", methods=("GET", "POST"))
@signed_in_only
def remove(organisation_id: str, membership_id: str) -> ResponseReturnValue:
    """End a publisher's membership, after asking."""
    form = PageForm()
    found = _department(organisation_id)
    with house().database.read() as session:
        everyone = organisations.members(session, actor(), organisation_id)
    leaving = next((each for each in everyone if each.id == membership_id), None)
    if leaving is None:
        return redirect(url_for_page("operate_department", organisation_id=organisation_id), 303)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            organisations.remove_member(session, actor(), organisation_id, membership_id)
        if not form.errors:
            flash(_("That person no longer publishes for the department."), "success")
            return redirect(url_for_page("operate_department", organisation_id=organisation_id), 303)
    page = render_template(
        "operate/remove_member.html", form=form, department=found, member=leaving, is_last=len(everyone) == 1
    )
    return page, 422 if form.errors else 200


def _department(organisation_id: str) -> Organisation:
    with house().database.read() as session:
        found = organisations.get_organisation(session, actor(), organisation_id)
    return found if found.kind == OrganisationKind.DEPARTMENT else abort(404)
