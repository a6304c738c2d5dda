"""/v1/applications and /v1/credentials: the programs of a consuming organisation, and what proves who they are."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown, shown_all, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Choice, PageQuery, Reason, Shown, Text, Whole, list_of, page_of
from gateway.management.resources import french, needs, resource
from gateway.services import applications, credentials
from gateway.store.applications import CredentialKind
from gateway.words import Words

blueprint = resource(
    Words("Applications", "Applications"),
    Words(
        "Applications and their credentials",
        "Les applications et leurs justificatifs",
    ),
)


class NewApplication(Body):
    """An application to be."""

    organisation_id = Text(40, required=True)
    name = Text(120, required=True)
    description = Text(4_000, load_default="")


class ApplicationChange(Body):
    """What changes of an application; what is left out stays."""

    name = Text(120)
    description = Text(4_000)


class NewCredential(Body):
    """A credential to be: a client secret, or an API key."""

    kind = Choice([str(kind) for kind in CredentialKind], load_default=str(CredentialKind.SECRET))
    name = Text(120, required=True)
    days = Whole(1, credentials.MOST_DAYS, load_default=None, allow_none=True)


class Everything(PageQuery):
    """An operator may look among all applications."""

    q = Text(200, load_default=None)


class ApplicationShown(Shown):
    """An application; `client_id` is what it is called at the token endpoint."""

    id = fields.String()
    client_id = fields.Function(lambda application: application.id, metadata={"type": "string"})
    organisation_id = fields.String()
    name = fields.String()
    description = fields.String()
    state = fields.String()
    state_reason = fields.String()
    created_at = fields.AwareDateTime()


class CredentialShown(Shown):
    """A credential, without its secret."""

    id = fields.String()
    application_id = fields.String()
    kind = fields.String()
    name = fields.String()
    display = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(allow_none=True)
    revoked_at = fields.AwareDateTime(allow_none=True)
    last_used_at = fields.AwareDateTime(allow_none=True)


class CredentialMade(Shown):
    """A credential just made, with the secret that is shown this once."""

    credential = fields.Nested(CredentialShown)
    secret = fields.String()


@blueprint.route("/applications", methods=["POST"])
@blueprint.arguments(NewApplication)
@blueprint.response(201, ApplicationShown)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Inscrire une application")
def register(body: dict[str, Any]) -> Response:
    """Register an application."""
    with house().database.begin() as session:
        made = applications.register(session, actor(), **body)
        return shown(ApplicationShown, made, 201, location=f"/v1/applications/{made.id}")


@blueprint.route("/applications", methods=["GET"])
@blueprint.arguments(Everything, location="query")
@blueprint.response(200, page_of(ApplicationShown))
@needs(blueprint, Permission.READ_APPLICATION)
@french(
    blueprint,
    "Énumérer les applications",
    "Avec `q`, un exploitant cherche parmi toutes.",
)
def browse(query: dict[str, Any]) -> Response:
    """List one's applications.

    With `q`, an operator looks among all of them.
    """
    words = query.pop("q")
    with house().database.read() as session:
        if words is None:
            return shown_page(ApplicationShown, applications.mine(session, actor(), **query))
        return shown_page(ApplicationShown, applications.browse_all(session, actor(), words=words, **query))


@blueprint.route("/applications/<application_id>", methods=["GET"])
@blueprint.response(200, ApplicationShown)
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Lire une application")
def read(application_id: str) -> Response:
    """Read an application."""
    with house().database.read() as session:
        return shown(ApplicationShown, applications.get(session, actor(), application_id))


@blueprint.route("/applications/<application_id>", methods=["PATCH"])
@blueprint.arguments(ApplicationChange)
@blueprint.response(200, ApplicationShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(
    blueprint,
    "Modifier une application",
    "Son nom ou sa description.",
)
def update(body: dict[str, Any], application_id: str) -> Response:
    """Change an application.

    Its name or its description.
    """
    with house().database.begin() as session:
        changed = applications.update(session, actor(), application_id, expected_version=expected_version(), **body)
        session.flush()
        return shown(ApplicationShown, changed)


@blueprint.route("/applications/<application_id>/suspend", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, ApplicationShown)
@needs(blueprint, Permission.SUSPEND_APPLICATION)
@french(
    blueprint,
    "Suspendre une application",
    "Ses appels sont refusés dès le prochain. Réservé à l’exploitant.",
)
def suspend(body: dict[str, Any], application_id: str) -> Response:
    """Suspend an application.

    Its calls are refused from the next one on. For the operator.
    """
    return _moved(applications.suspend, application_id, body)


@blueprint.route("/applications/<application_id>/resume", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, ApplicationShown)
@needs(blueprint, Permission.SUSPEND_APPLICATION)
@french(
    blueprint,
    "Rétablir une application",
    "Elle peut appeler de nouveau. Réservé à l’exploitant.",
)
def resume(body: dict[str, Any], application_id: str) -> Response:
    """Resume an application.

    It may call again. For the operator.
    """
    return _moved(applications.resume, application_id, body)


@blueprint.route("/applications/<application_id>/close", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, ApplicationShown)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(
    blueprint,
    "Fermer une application",
    "Définitivement : ses abonnements prennent fin, ses statistiques demeurent.",
)
def close(body: dict[str, Any], application_id: str) -> Response:
    """Close an application.

    For good: its subscriptions end, its usage remains.
    """
    return _moved(applications.close, application_id, body)


@blueprint.route("/applications/<application_id>/credentials", methods=["GET"])
@blueprint.response(200, list_of(CredentialShown))
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Énumérer les justificatifs")
def list_credentials(application_id: str) -> Response:
    """List an application's credentials."""
    with house().database.read() as session:
        return shown_all(CredentialShown, credentials.of_application(session, actor(), application_id))


@blueprint.route("/applications/<application_id>/credentials", methods=["POST"])
@blueprint.arguments(NewCredential)
@blueprint.response(201, CredentialMade)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(
    blueprint,
    "Créer un justificatif",
    "Le secret est montré cette seule fois; avec une Idempotency-Key, la même réponse revient pendant un jour.",
)
def add_credential(body: dict[str, Any], application_id: str) -> Response:
    """Make a client secret or an API key.

    The secret is shown this once; with an Idempotency-Key, the same answer comes again for a day.
    """
    add = credentials.add_key if body.pop("kind") == CredentialKind.KEY else credentials.add_secret
    with house().database.begin() as session:
        made = add(session, actor(), application_id, **body)
        return shown(CredentialMade, made, 201, location=f"/v1/applications/{application_id}/credentials")


@blueprint.route("/credentials/<credential_id>", methods=["DELETE"])
@blueprint.response(204)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(
    blueprint,
    "Révoquer un justificatif",
    "Il prend fin dès le prochain appel, comme tout jeton qui en est issu.",
)
def revoke(credential_id: str) -> None:
    """Revoke a credential.

    It ends from the next call on, and every token that came from it.
    """
    with house().database.begin() as session:
        credentials.revoke(session, actor(), credential_id)


def _moved(move: Any, application_id: str, body: dict[str, Any]) -> Response:
    with house().database.begin() as session:
        changed = move(session, actor(), application_id, **body)
        session.flush()
        return shown(ApplicationShown, changed)
