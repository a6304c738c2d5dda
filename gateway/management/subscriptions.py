"""/v1/subscriptions: an application's standing with an API, from asking to leaving."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_all, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, PageQuery, Reason, Shown, Text, list_of, page_of
from gateway.management.resources import french, needs, resource
from gateway.services import subscriptions
from gateway.words import Words

blueprint = resource(
    Words("Subscriptions", "Abonnements"),
    Words(
        "Subscriptions of applications to APIs",
        "Les abonnements des applications aux API",
    ),
)


class NewSubscription(Body):
    """What to join, under which plan."""

    api_id = Text(40, required=True)
    plan_id = Text(40, required=True)


class OtherPlan(Body):
    """The plan to go on under."""

    plan_id = Text(40, required=True)


class SubscriptionShown(Shown):
    """A subscription."""

    id = fields.String()
    application_id = fields.String()
    application = fields.String(attribute="application.name")
    api_id = fields.String()
    api = fields.String(attribute="api.name")
    plan_id = fields.String()
    plan = fields.String(attribute="plan.code")
    state = fields.String()
    reason = fields.String()
    requested_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


@blueprint.route("/applications/<application_id>/subscriptions", methods=["POST"])
@blueprint.arguments(NewSubscription)
@blueprint.response(201, SubscriptionShown)
@needs(blueprint, Permission.SUBSCRIBE)
@french(
    blueprint,
    "S’abonner à une API",
    "Sous un forfait. Redemander le même forfait rend l’abonnement qui existe.",
)
def subscribe(body: dict[str, Any], application_id: str) -> Response:
    """Subscribe to an API.

    Under a plan. Asking again for the same plan gives the subscription there is.
    """
    with house().database.begin() as session:
        made = subscriptions.subscribe(session, actor(), application_id, **body)
        return shown(SubscriptionShown, made, 201, location=f"/v1/subscriptions/{made.id}")


@blueprint.route("/applications/<application_id>/subscriptions", methods=["GET"])
@blueprint.response(200, list_of(SubscriptionShown))
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Énumérer les abonnements d’une application")
def of_application(application_id: str) -> Response:
    """List an application's subscriptions."""
    with house().database.read() as session:
        return shown_all(SubscriptionShown, subscriptions.of_application(session, actor(), application_id))


@blueprint.route("/apis/<api_id>/subscriptions", methods=["GET"])
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(SubscriptionShown))
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Énumérer les abonnements à une API",
    "Pour son ministère.",
)
def of_api(query: dict[str, Any], api_id: str) -> Response:
    """List the subscriptions to an API.

    For its department.
    """
    with house().database.read() as session:
        return shown_page(SubscriptionShown, subscriptions.of_api(session, actor(), api_id, **query))


@blueprint.route("/subscriptions/<subscription_id>", methods=["GET"])
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Lire un abonnement")
def read(subscription_id: str) -> Response:
    """Read a subscription."""
    with house().database.read() as session:
        return shown(SubscriptionShown, subscriptions.get(session, actor(), subscription_id))


@blueprint.route("/subscriptions/<subscription_id>", methods=["DELETE"])
@blueprint.arguments(Reason, location="query")
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.SUBSCRIBE)
@french(
    blueprint,
    "Se désabonner",
    "Avec une raison si on le souhaite (`?reason=`), que voit le ministère.",
)
def cancel(query: dict[str, Any], subscription_id: str) -> Response:
    """Leave an API.

    With a reason if one likes (`?reason=`), which the department sees.
    """
    return _moved(subscriptions.cancel, subscription_id, query)


@blueprint.route("/subscriptions/<subscription_id>/change-plan", methods=["POST"])
@blueprint.arguments(OtherPlan)
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.SUBSCRIBE)
@french(
    blueprint,
    "Changer de forfait",
    "Dès le prochain appel, pour un autre forfait de la même API; ce qui a été consommé y compte aussi.",
)
def change_plan(body: dict[str, Any], subscription_id: str) -> Response:
    """Change plans.

    From the next call on, to another plan of the same API; what was used counts under that one too.
    """
    return _moved(subscriptions.change_plan, subscription_id, body)


@blueprint.route("/subscriptions/<subscription_id>/suspend", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.REVOKE_SUBSCRIPTION)
@french(
    blueprint,
    "Suspendre un abonnement",
    "Ses appels sont refusés dès le prochain. Réservé au ministère ou à l’exploitant.",
)
def suspend(body: dict[str, Any], subscription_id: str) -> Response:
    """Suspend a subscription.

    Its calls are refused from the next one on. For the department, or the operator.
    """
    return _moved(subscriptions.suspend, subscription_id, body)


@blueprint.route("/subscriptions/<subscription_id>/resume", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.REVOKE_SUBSCRIPTION)
@french(
    blueprint,
    "Rétablir un abonnement",
    "Il laisse de nouveau passer les appels. Réservé au ministère ou à l’exploitant.",
)
def resume(body: dict[str, Any], subscription_id: str) -> Response:
    """Resume a subscription.

    It lets calls pass again. For the department, or the operator.
    """
    return _moved(subscriptions.resume, subscription_id, body)


@blueprint.route("/subscriptions/<subscription_id>/revoke", methods=["POST"])
@blueprint.arguments(Reason)
@blueprint.response(200, SubscriptionShown)
@needs(blueprint, Permission.REVOKE_SUBSCRIPTION)
@french(
    blueprint,
    "Révoquer un abonnement",
    "Définitivement. Réservé au ministère ou à l’exploitant.",
)
def revoke(body: dict[str, Any], subscription_id: str) -> Response:
    """Revoke a subscription.

    For good. For the department, or the operator.
    """
    return _moved(subscriptions.revoke, subscription_id, body)


def _moved(move: Any, subscription_id: str, body: dict[str, Any]) -> Response:
    with house().database.begin() as session:
        return shown(SubscriptionShown, move(session, actor(), subscription_id, **body))
