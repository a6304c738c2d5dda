"""/v1/versions and /v1/documents: a version's document, its plugins, and its life."""

from typing import Any

from flask import Response, request
from marshmallow import fields, pre_dump
from sqlalchemy.orm import Session

import openapi
from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown, shown_all
from gateway.management.caller import actor, house
from gateway.management.errors import said, told_finding
from gateway.management.fields import Body, Named, Shown, Text, about, list_of
from gateway.management.resources import french, needs, resource, takes_documents
from gateway.services import document_words, offered_documents, publishing, versions
from gateway.services.apis import require_sight
from gateway.store.catalogue import ApiVersion, Revision
from gateway.words import Words

blueprint = resource(
    Words("Versions", "Versions"),
    Words(
        "Versions of an API and their documents",
        "Les versions d’une API et leurs documents",
    ),
)

MEDIA_TYPES = {"yaml": "application/yaml", "json": "application/json"}


class Chosen(Body):
    """The plugins of a version, each with its settings."""

    plugins = Named(60, required=True)


class Publishing(Body):
    """Which revision to put in force; the latest if none is named."""

    revision_id = Text(40, load_default=None, allow_none=True)


class OperationShown(Shown):
    """One declared operation."""

    method = fields.String()
    path = fields.String()
    operation_id = fields.String()
    summary = fields.String()


class FindingShown(Shown):
    """What is wrong with a document, and where; `message` is in the language asked for, or in both."""

    rule = fields.String()
    severity = fields.String()
    pointer = fields.String()
    line = fields.Integer()
    column = fields.Integer()
    message = fields.Raw()

    @pre_dump
    def told(self, finding: openapi.Finding, **_options: Any) -> dict[str, Any]:
        """In the caller's language."""
        return told_finding(finding)


class CheckShown(Shown):
    """What a check of a document found."""

    findings = fields.List(fields.Nested(FindingShown))
    operations = fields.List(fields.Nested(OperationShown))


class RevisionSummary(Shown):
    """One document as it arrived, in short."""

    id = fields.String()
    number = fields.Integer()
    format = fields.String()
    sha256 = fields.String()
    openapi = fields.String()
    document_title = fields.String()
    document_version = fields.String()
    created_at = fields.AwareDateTime()


class RevisionShown(RevisionSummary):
    """One document as it arrived, with its operations and what might be better about it."""

    operations = fields.List(fields.Nested(OperationShown))
    document_words = fields.Function(
        document_words.words_said,
        metadata=about(
            "What its `info` says of the API, by the names that PATCH /v1/apis/{api_id} takes. Nothing of it is taken"
            " over by itself.",
            "Ce que son `info` dit de l’API, sous les noms qu’accepte PATCH /v1/apis/{api_id}. Rien n’en est repris"
            " de soi-même.",
            type="object",
        ),
    )
    warnings = fields.Function(
        lambda revision: FindingShown(many=True).dump(versions.check_document(revision.content)[1]),
        metadata={"type": "array"},
    )


class PlaceShown(Shown):
    """One address of a service, and its share of the calls beside the others."""

    base_url = fields.String()
    weight = fields.Integer()


class EnvironmentShown(Shown):
    """Where calls go; `/v1/versions/{version_id}/upstream` says how."""

    id = fields.String()
    kind = fields.String()
    targets = fields.List(fields.Nested(PlaceShown))


class BindingShown(Shown):
    """A plugin that was chosen."""

    name = fields.String()
    config = fields.Dict()


class NeedShown(Shown):
    """One thing that must be there before publishing; `words` are in the language asked for, or in both."""

    code = fields.String(metadata=about("Its name for programs.", "Son nom pour les programmes.", example="document"))
    words = fields.Function(
        lambda need: said(need.words), metadata=about("What it is called.", "Comment on l’appelle.")
    )


class VersionShown(Shown):
    """A version of an API."""

    id = fields.String()
    api_id = fields.String()
    major = fields.Integer()
    state = fields.String()
    live_revision_id = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)


class VersionInside(VersionShown):
    """A version as its department sees it."""

    environments = fields.List(fields.Nested(EnvironmentShown))
    plugins = fields.List(fields.Nested(BindingShown))


@blueprint.route("/apis/<api_id>/versions", methods=["POST"])
@blueprint.response(201, VersionInside)
@needs(blueprint, Permission.EDIT_API)
@french(blueprint, "Créer la version suivante")
def create(api_id: str) -> Response:
    """Make a draft of the next major version."""
    with house().database.begin() as session:
        made = versions.create_version(session, actor(), api_id)
        return shown(VersionInside, made, 201, location=f"/v1/versions/{made.id}")


@blueprint.route("/versions/<version_id>", methods=["GET"])
@blueprint.response(200, VersionInside)
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Lire une version", "Seul son ministère voit où vont ses appels.")
def read(version_id: str) -> Response:
    """Read a version.

    Where its calls go is shown to its department only.
    """
    with house().database.read() as session:
        version = versions.get_version(session, actor(), version_id)
        return shown(VersionInside if versions.sees_inside(actor(), version) else VersionShown, version)


@blueprint.route("/versions/<version_id>/document", methods=["PUT"])
@blueprint.response(200, RevisionShown)
@blueprint.response(201, RevisionShown)
@takes_documents(blueprint)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Téléverser le document",
    "Un document qui comporte des erreurs ne modifie rien; elles sont énumérées dans `findings`."
    " Le même document une seconde fois ne fait pas de nouvelle révision.",
)
def upload(version_id: str) -> Response:
    """Upload the OpenAPI document, YAML or JSON.

    A document with faults changes nothing; they are listed in `findings`. The same document again is no new revision.
    """
    content = request.get_data(cache=False)
    with house().database.begin() as session:
        revision = versions.upload_document(session, actor(), version_id, content=content)
        # The same document gives the revision of an earlier request, made at another time.
        if revision.created_at == actor().now:
            return shown(RevisionShown, revision, 201, location=f"/v1/versions/{version_id}/document")
        return shown(RevisionShown, revision)


@blueprint.route("/versions/<version_id>/document", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="application/yaml")
@blueprint.response(200, {"type": "object"}, content_type="application/json")
@needs(blueprint, Permission.READ_DRAFTS)
@french(
    blueprint,
    "Lire le document",
    "Tel qu’il est arrivé pour son ministère; pour tous les autres, tel que l’offre le catalogue.",
)
def document(version_id: str) -> Response:
    """Read the latest document.

    As it arrived for its department, as the catalogue offers it for everybody else.
    """
    with house().database.read() as session:
        version = versions.get_version(session, actor(), version_id)
        if versions.sees_inside(actor(), version):
            return _arrived(versions.readable_revision(session, actor(), version_id))
        return offered_document(session, version.api.name, version.major)


@blueprint.route("/versions/<version_id>/revisions", methods=["GET"])
@blueprint.response(200, list_of(RevisionSummary))
@needs(blueprint, Permission.READ_DRAFTS)
@french(
    blueprint,
    "Énumérer les révisions",
    "Les documents tels qu’ils sont arrivés, pour son ministère.",
)
def revisions(version_id: str) -> Response:
    """List the revisions of a version.

    The documents as they arrived, for its department.
    """
    with house().database.read() as session:
        version = versions.get_version(session, actor(), version_id)
        require_sight(actor(), version.api.organisation_id)
        return shown_all(RevisionSummary, version.revisions)


@blueprint.route("/versions/<version_id>/revisions/<int:number>/document", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="application/yaml")
@blueprint.response(200, {"type": "object"}, content_type="application/json")
@needs(blueprint, Permission.READ_DRAFTS)
@french(
    blueprint,
    "Lire le document d’une révision",
    "Tel qu’il est arrivé, pour son ministère.",
)
def revision_document(version_id: str, number: int) -> Response:
    """Read the document of a revision.

    As it arrived, for its department.
    """
    with house().database.read() as session:
        return _arrived(versions.arrived_revision(session, actor(), version_id, number))


@blueprint.route("/documents/check", methods=["POST"])
@takes_documents(blueprint)
@blueprint.response(200, CheckShown)
@french(
    blueprint,
    "Vérifier un document",
    "Rien n’est conservé; seul un constat de gravité `error` empêche de publier.",
)
def check() -> Response:
    """Check a document.

    Nothing is kept; only a finding whose severity is `error` stands in the way of publishing.
    """
    document, findings = versions.check_document(request.get_data(cache=False))
    operations = openapi.operations(document) if document else ()
    return shown(CheckShown, {"findings": findings, "operations": operations})


@blueprint.route("/versions/<version_id>/plugins", methods=["PUT"])
@blueprint.arguments(Chosen)
@blueprint.response(200, VersionInside)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Choisir les modules",
    "Ils remplacent ceux qui étaient choisis.",
)
def plugins(body: dict[str, Any], version_id: str) -> Response:
    """Choose a version's plugins.

    They take the place of those chosen before.
    """
    with house().database.begin() as session:
        version = versions.choose_plugins(
            session,
            actor(),
            version_id,
            chosen=body["plugins"],
            registry=house().registry,
            expected_version=expected_version(),
        )
        return _changed(session, version)


@blueprint.route("/versions/<version_id>/missing", methods=["GET"])
@blueprint.response(200, list_of(NeedShown))
@needs(blueprint, Permission.READ_DRAFTS)
@french(
    blueprint,
    "Énumérer ce qui manque avant de publier",
    "Rien, quand la version peut être publiée.",
)
def missing(version_id: str) -> Response:
    """List what is missing before publishing.

    Nothing, when the version can be published.
    """
    with house().database.read() as session:
        return shown_all(NeedShown, publishing.read_missing(session, actor(), version_id))


@blueprint.route("/versions/<version_id>/publish", methods=["POST"])
@blueprint.arguments(Publishing, required=False)
@blueprint.response(200, VersionInside)
@needs(blueprint, Permission.PUBLISH_API)
@french(
    blueprint,
    "Publier une version",
    "Par son dernier document, ou par un plus ancien. Publier ce qui est en vigueur ne modifie rien.",
)
def publish(body: dict[str, Any], version_id: str) -> Response:
    """Publish a version.

    By its latest document, or by an older one. Publishing what is in force already changes nothing.
    """
    with house().database.begin() as session:
        return _changed(session, publishing.publish(session, actor(), version_id, **body))


@blueprint.route("/versions/<version_id>/deprecate", methods=["POST"])
@blueprint.response(200, VersionInside)
@needs(blueprint, Permission.PUBLISH_API)
@french(blueprint, "Annoncer la fin de vie d’une version", "Elle répond encore.")
def deprecate(version_id: str) -> Response:
    """Announce the end of a version.

    It still answers.
    """
    with house().database.begin() as session:
        return _changed(session, publishing.deprecate(session, actor(), version_id))


@blueprint.route("/versions/<version_id>/retire", methods=["POST"])
@blueprint.response(200, VersionInside)
@needs(blueprint, Permission.PUBLISH_API)
@french(blueprint, "Retirer une version", "Ses appels sont refusés dès le prochain.")
def retire(version_id: str) -> Response:
    """Retire a version.

    Its calls are refused from the next one on.
    """
    with house().database.begin() as session:
        return _changed(session, publishing.retire(session, actor(), version_id))


def offered_document(session: Session, api_name: str, major: int, form: str | None = None) -> Response:
    """The document in force of a served version as the catalogue offers it, in `form` or as it arrived."""
    offered = offered_documents.offered(session, api_name, major, public_url=house().public_url, form=form)
    response = Response(offered.content, content_type=MEDIA_TYPES[offered.format])
    response.set_etag(offered.etag)
    return response


def _arrived(revision: Revision) -> Response:
    response = Response(revision.content, content_type=MEDIA_TYPES[revision.format])
    response.set_etag(revision.sha256)
    return response


def _changed(session: Session, version: ApiVersion) -> Response:
    session.flush()
    return shown(VersionInside, version)
