"""/v1/organisations and /v1/departments: who publishes, who consumes, who belongs where."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown, shown_all, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, PageQuery, Shown, Text, list_of, page_of
from gateway.management.resources import french, needs, public, resource
from gateway.services import organisations
from gateway.words import Words

blueprint = resource(
    Words("Organisations", "Organisations"),
    Words(
        "Departments, consuming organisations and their members",
        "Les ministères, les organisations utilisatrices et leurs membres",
    ),
)


class NewDepartment(Body):
    """A department to be."""

    slug = Text(60, required=True)
    name_en = Text(200, required=True)
    name_fr = Text(200, required=True)


class Names(Body):
    """The names of an organisation, and where the days of its plans begin."""

    name_en = Text(200, required=True)
    name_fr = Text(200, required=True)
    time_zone = Text(60)


class NewMember(Body):
    """Who joins, as what."""

    email = Text(320, required=True)
    role = Text(20, required=True)


class OrganisationShown(Shown):
    """An organisation."""

    id = fields.String()
    kind = fields.String()
    slug = fields.String()
    name_en = fields.String()
    name_fr = fields.String()
    time_zone = fields.String()
    created_at = fields.AwareDateTime()


class MemberShown(Shown):
    """A member of an organisation."""

    id = fields.String()
    account_id = fields.String()
    name = fields.String(attribute="account.name")
    email = fields.String(attribute="account.email")
    role = fields.String()


@blueprint.route("/departments", methods=["GET"])
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(OrganisationShown))
@public(blueprint)
@french(blueprint, "Énumérer les ministères")
def departments(query: dict[str, Any]) -> Response:
    """List the departments."""
    with house().database.read() as session:
        return shown_page(OrganisationShown, organisations.list_departments(session, **query))


@blueprint.route("/departments", methods=["POST"])
@blueprint.arguments(NewDepartment)
@blueprint.response(201, OrganisationShown)
@needs(blueprint, Permission.CREATE_DEPARTMENT)
@french(blueprint, "Créer un ministère")
def create_department(body: dict[str, Any]) -> Response:
    """Make a department (the operator)."""
    with house().database.begin() as session:
        made = organisations.create_department(session, actor(), **body)
        return shown(OrganisationShown, made, 201, location=f"/v1/organisations/{made.id}")


@blueprint.route("/organisations", methods=["GET"])
@blueprint.response(200, list_of(OrganisationShown))
@french(blueprint, "Énumérer ses organisations")
def mine() -> Response:
    """List the organisations one belongs to."""
    with house().database.read() as session:
        return shown_all(OrganisationShown, organisations.my_organisations(session, actor()))


@blueprint.route("/organisations/<organisation_id>", methods=["GET"])
@blueprint.response(200, OrganisationShown)
@needs(blueprint, Permission.READ_ORGANISATION)
@french(blueprint, "Lire une organisation")
def read(organisation_id: str) -> Response:
    """Read an organisation."""
    with house().database.read() as session:
        return shown(OrganisationShown, organisations.get_organisation(session, actor(), organisation_id))


@blueprint.route("/organisations/<organisation_id>", methods=["PATCH"])
@blueprint.arguments(Names)
@blueprint.response(200, OrganisationShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_ORGANISATION)
@french(blueprint, "Modifier une organisation")
def update(body: dict[str, Any], organisation_id: str) -> Response:
    """Change the names of an organisation."""
    with house().database.begin() as session:
        changed = organisations.update_organisation(
            session, actor(), organisation_id, expected_version=expected_version(), **body
        )
        session.flush()
        return shown(OrganisationShown, changed)


@blueprint.route("/organisations/<organisation_id>/members", methods=["GET"])
@blueprint.response(200, list_of(MemberShown))
@needs(blueprint, Permission.READ_ORGANISATION)
@french(blueprint, "Énumérer les membres")
def members(organisation_id: str) -> Response:
    """List the members of an organisation."""
    with house().database.read() as session:
        return shown_all(MemberShown, organisations.members(session, actor(), organisation_id))


@blueprint.route("/organisations/<organisation_id>/members", methods=["POST"])
@blueprint.arguments(NewMember)
@blueprint.response(201, MemberShown)
@needs(blueprint, Permission.EDIT_ORGANISATION)
@french(blueprint, "Ajouter un membre")
def add_member(body: dict[str, Any], organisation_id: str) -> Response:
    """Give someone a role in an organisation."""
    with house().database.begin() as session:
        joined = organisations.add_member(session, actor(), organisation_id, **body)
        return shown(MemberShown, joined, 201, location=f"/v1/organisations/{organisation_id}/members")


@blueprint.route("/organisations/<organisation_id>/members/<membership_id>", methods=["DELETE"])
@blueprint.response(204)
@needs(blueprint, Permission.EDIT_ORGANISATION)
@french(blueprint, "Retirer un membre")
def remove_member(organisation_id: str, membership_id: str) -> None:
    """End a membership."""
    with house().database.begin() as session:
        organisations.remove_member(session, actor(), organisation_id, membership_id)
