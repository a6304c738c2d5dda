"""/v1/apis: what a department publishes, as the department sees it."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, PageQuery, Shown, Text, page_of
from gateway.management.resources import french, needs, resource
from gateway.services import apis
from gateway.words import Words

blueprint = resource(
    Words("APIs", "API"),
    Words(
        "APIs of departments",
        "Les API des ministères",
    ),
)


class NewApi(Body):
    """An API to be; the rest of its words may come later."""

    organisation_id = Text(40, required=True)
    name = Text(60, required=True)
    title_en = Text(200, load_default="")
    title_fr = Text(200, load_default="")
    description_en = Text(10_000, load_default="")
    description_fr = Text(10_000, load_default="")


class ApiWords(Body):
    """What is written about an API; what is left out stays."""

    title_en = Text(200)
    title_fr = Text(200)
    description_en = Text(10_000)
    description_fr = Text(10_000)


class VersionSummary(Shown):
    """A version, in short."""

    id = fields.String()
    major = fields.Integer()
    state = fields.String()


class ApiShown(Shown):
    """An API with its versions."""

    id = fields.String()
    organisation_id = fields.String()
    name = fields.String()
    title_en = fields.String()
    title_fr = fields.String()
    description_en = fields.String()
    description_fr = fields.String()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    versions = fields.List(fields.Nested(VersionSummary))


@blueprint.route("/apis", methods=["POST"])
@blueprint.arguments(NewApi)
@blueprint.response(201, ApiShown)
@needs(blueprint, Permission.EDIT_API)
@french(blueprint, "Créer une API")
def create(body: dict[str, Any]) -> Response:
    """Make an API, with a draft of its version 1."""
    with house().database.begin() as session:
        made = apis.create_api(session, actor(), **body)
        session.flush()
        return shown(ApiShown, made, 201, location=f"/v1/apis/{made.id}")


@blueprint.route("/apis", methods=["GET"])
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ApiShown))
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Énumérer les API de ses ministères")
def mine(query: dict[str, Any]) -> Response:
    """List the APIs of one's departments, drafts too."""
    with house().database.read() as session:
        return shown_page(ApiShown, apis.my_apis(session, actor(), **query))


@blueprint.route("/apis/<api_id>", methods=["GET"])
@blueprint.response(200, ApiShown)
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Lire une API")
def read(api_id: str) -> Response:
    """Read an API, by its id or its name."""
    with house().database.read() as session:
        return shown(ApiShown, apis.get_api(session, actor(), api_id))


@blueprint.route("/apis/<api_id>", methods=["PATCH"])
@blueprint.arguments(ApiWords)
@blueprint.response(200, ApiShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(blueprint, "Modifier une API")
def update(body: dict[str, Any], api_id: str) -> Response:
    """Change what is written about an API."""
    with house().database.begin() as session:
        changed = apis.update_api(session, actor(), api_id, expected_version=expected_version(), **body)
        session.flush()
        return shown(ApiShown, changed)
