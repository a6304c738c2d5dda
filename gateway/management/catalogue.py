"""/v1/catalogue: what everybody may read."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.scopes import scopes_of
from gateway.management.answers import shown, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Choice, PageQuery, Shown, Text, about, page_of
from gateway.management.plans import PlanShown
from gateway.management.resources import french, public, resource
from gateway.management.versions import MEDIA_TYPES, VersionShown, offered_document
from gateway.services import catalogue
from gateway.words import Words

blueprint = resource(
    Words("Catalogue", "Catalogue"),
    Words(
        "Published APIs, for everyone",
        "Les API publiées, pour tout le monde",
    ),
)


class Search(PageQuery):
    """Words to look for, and a department to look in (its slug or id)."""

    q = Text(200, load_default="")
    department = Text(80, load_default=None)


class Form(Body):
    """How a document is written."""

    form = Choice(
        list(MEDIA_TYPES),
        load_default=None,
        metadata=about("As it arrived, if nothing is said.", "Comme il est arrivé, si rien n’est dit."),
    )


class EntryShown(Shown):
    """A published API, in short."""

    id = fields.String()
    name = fields.String()
    department = fields.String(attribute="organisation.slug")
    title_en = fields.String()
    title_fr = fields.String()
    description_en = fields.String()
    description_fr = fields.String()


class PublishedShown(Shown):
    """A published API with what one needs to subscribe and call."""

    api = fields.Nested(EntryShown)
    versions = fields.List(fields.Nested(VersionShown))
    plans = fields.List(fields.Nested(PlanShown))
    keyless = fields.Nested(
        PlanShown,
        allow_none=True,
        metadata=about(
            "What holds for those who call without a key, where they may.",
            "Ce qui vaut pour ceux qui appellent sans clé, là où c’est permis.",
        ),
    )
    scopes = fields.Function(lambda published: list(scopes_of(published.api.name)), metadata={"type": "array"})


@blueprint.route("/catalogue", methods=["GET"])
@blueprint.arguments(Search, location="query")
@blueprint.response(200, page_of(EntryShown))
@public(blueprint)
@french(
    blueprint,
    "Chercher dans le catalogue",
    "Chaque mot doit s’y trouver, dans l’une ou l’autre langue.",
)
def search(query: dict[str, Any]) -> Response:
    """Search the catalogue.

    Every word must occur, in either language.
    """
    words = query.pop("q")
    with house().database.read() as session:
        return shown_page(EntryShown, catalogue.search(session, words=words, language=actor().language, **query))


@blueprint.route("/catalogue/<name>", methods=["GET"])
@blueprint.response(200, PublishedShown)
@public(blueprint)
@french(
    blueprint,
    "Lire une API publiée",
    "Ses versions, ses forfaits et ses portées.",
)
def read(name: str) -> Response:
    """Read a published API.

    Its versions, plans and scopes.
    """
    with house().database.read() as session:
        return shown(PublishedShown, catalogue.published(session, name))


@blueprint.route("/catalogue/<name>/v<int:major>/document", methods=["GET"])
@blueprint.arguments(Form, location="query")
@blueprint.response(200, {"type": "string"}, content_type="application/yaml")
@blueprint.response(200, {"type": "object"}, content_type="application/json")
@public(blueprint)
@french(
    blueprint,
    "Lire le document d’une API publiée",
    "Avec l’adresse de cette passerelle et ses moyens de prouver qui appelle.",
)
def document(query: dict[str, Any], name: str, major: int) -> Response:
    """Read the document of a published API.

    With this gateway's address and its ways to prove who calls.
    """
    with house().database.read() as session:
        return offered_document(session, name, major, query["form"])
