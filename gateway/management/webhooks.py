"""/v1/webhooks: where an application's notices go, and what became of the last messages."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_all
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Shown, Text, about, list_of
from gateway.management.resources import french, needs, resource
from gateway.services import webhooks
from gateway.services.receivers import LONGEST_URL
from gateway.words import Words

blueprint = resource(
    Words("Webhooks", "Webhooks"),
    Words(
        "Where the notices of an application go, signed as Standard Webhooks says",
        "Où vont les avis d’une application, signés comme le veut Standard Webhooks",
    ),
)


class NewWebhook(Body):
    """A webhook to be."""

    url = Text(
        LONGEST_URL,
        required=True,
        metadata=about(
            "An https address that everyone can reach.", "Une adresse https que tout le monde peut joindre."
        ),
    )


class WebhookShown(Shown):
    """A webhook, without its secret."""

    id = fields.String()
    application_id = fields.String()
    url = fields.String()
    created_at = fields.AwareDateTime()
    before_ends_at = fields.AwareDateTime(
        allow_none=True,
        metadata=about(
            "Until when the secret before this one signs as well.",
            "Jusqu’à quand le secret précédent signe aussi.",
        ),
    )
    failing_since = fields.AwareDateTime(allow_none=True)
    disabled_at = fields.AwareDateTime(
        allow_none=True,
        metadata=about(
            "When it was turned off, after days of failures.",
            "Quand il a été désactivé, après des jours d’échecs.",
        ),
    )


class WebhookMade(Shown):
    """A webhook with the secret that is shown this once."""

    webhook = fields.Nested(WebhookShown)
    secret = fields.String()


class MessageShown(Shown):
    """A message, and what its last try came to."""

    id = fields.String(metadata=about("The `webhook-id` it is sent with.", "Le `webhook-id` de l’envoi."))
    type = fields.String()
    created_at = fields.AwareDateTime()
    attempts = fields.Integer()
    tried_at = fields.AwareDateTime(allow_none=True)
    delivered_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(
        allow_none=True, metadata=about("When it is tried next.", "Quand a lieu le prochain essai.")
    )
    outcome = fields.String(
        metadata=about(
            "The status that was answered, or why there was no answer.",
            "Le statut de la réponse, ou la raison pour laquelle il n’y en a pas eu.",
        )
    )


@blueprint.route("/applications/<application_id>/webhooks", methods=["GET"])
@blueprint.response(200, list_of(WebhookShown))
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Énumérer les webhooks")
def browse(application_id: str) -> Response:
    """List an application's webhooks."""
    with house().database.read() as session:
        return shown_all(WebhookShown, webhooks.of_application(session, actor(), application_id))


@blueprint.route("/applications/<application_id>/webhooks", methods=["POST"])
@blueprint.arguments(NewWebhook)
@blueprint.response(201, WebhookMade)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Ajouter un webhook", "Le secret n’est montré que cette fois.")
def add(body: dict[str, Any], application_id: str) -> Response:
    """Add a webhook.

    Its secret is shown this once.
    """
    with house().database.read() as session:
        url = webhooks.judge(session, actor(), application_id, url=body["url"], policy=house().receivers)
    with house().database.begin() as session:
        made = webhooks.add(session, actor(), application_id, url=url, sealer=house().sealer)
        return shown(WebhookMade, made, 201, location=f"/v1/webhooks/{made.webhook.id}")


@blueprint.route("/webhooks/<webhook_id>", methods=["GET"])
@blueprint.response(200, WebhookShown)
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Lire un webhook")
def read(webhook_id: str) -> Response:
    """Read a webhook."""
    with house().database.read() as session:
        return shown(WebhookShown, webhooks.get(session, actor(), webhook_id))


@blueprint.route("/webhooks/<webhook_id>", methods=["DELETE"])
@blueprint.response(204)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Retirer un webhook", "Ce qui attendait d’y être envoyé ne l’est plus.")
def remove(webhook_id: str) -> None:
    """Remove a webhook.

    What waited to be sent there is sent no more.
    """
    with house().database.begin() as session:
        webhooks.remove(session, actor(), webhook_id)


@blueprint.route("/webhooks/<webhook_id>/secret", methods=["POST"])
@blueprint.response(201, WebhookMade)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Remplacer le secret", "Pendant une journée, le secret précédent signe aussi.")
def replace_secret(webhook_id: str) -> Response:
    """Replace the secret.

    For a day the one before signs as well.
    """
    with house().database.begin() as session:
        made = webhooks.replace_secret(session, actor(), webhook_id, sealer=house().sealer)
        return shown(WebhookMade, made, 201, location=f"/v1/webhooks/{webhook_id}")


@blueprint.route("/webhooks/<webhook_id>/enable", methods=["POST"])
@blueprint.response(200, WebhookShown)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Réactiver un webhook", "Ce qui n’a pas été envoyé entretemps peut être renvoyé.")
def enable(webhook_id: str) -> Response:
    """Turn a webhook on again.

    What was not sent meanwhile can be sent again.
    """
    with house().database.begin() as session:
        return shown(WebhookShown, webhooks.enable(session, actor(), webhook_id))


@blueprint.route("/webhooks/<webhook_id>/test", methods=["POST"])
@blueprint.response(202)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Essayer un webhook", "Un message du type `webhook.test` y est envoyé.")
def send_test(webhook_id: str) -> Response:
    """Try a webhook.

    A message of the type `webhook.test` is sent there.
    """
    with house().database.begin() as session:
        webhooks.send_test(session, actor(), webhook_id)
    return Response(status=202)


@blueprint.route("/webhooks/<webhook_id>/messages", methods=["GET"])
@blueprint.response(200, list_of(MessageShown))
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Énumérer les derniers messages")
def messages(webhook_id: str) -> Response:
    """List the latest messages to a webhook."""
    with house().database.read() as session:
        return shown_all(MessageShown, webhooks.messages(session, actor(), webhook_id))


@blueprint.route("/webhooks/<webhook_id>/messages/<message_id>/send", methods=["POST"])
@blueprint.response(202)
@needs(blueprint, Permission.EDIT_APPLICATION)
@french(blueprint, "Renvoyer un message", "Sous le même identifiant.")
def send_again(webhook_id: str, message_id: str) -> Response:
    """Send a message again.

    Under the same id.
    """
    with house().database.begin() as session:
        webhooks.send_again(session, actor(), webhook_id, message_id)
    return Response(status=202)
