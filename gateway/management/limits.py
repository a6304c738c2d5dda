"""/v1/…/limits: what an API sets for all plans, what all its callers may call together, what one subscription may."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.plans import KINDS, Window
from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Choice, Several, Shown, Text, Whole, about
from gateway.management.plans import EVERY_PERIOD, WindowBody, WindowShown
from gateway.management.resources import french, needs, resource
from gateway.services import apis, limits
from gateway.words import Words

blueprint = resource(
    Words("Limits", "Limites"),
    Words("Limits beside those of a plan", "Les limites à côté de celles d’un forfait"),
)


class CapBody(Body):
    """At most so many calls of all callers of an API together."""

    period = Choice(EVERY_PERIOD, required=True)
    limit = Whole(1, limits.MOST_CALLS, required=True)
    kind = Choice(KINDS, load_default="calendar")
    burst = Whole(0, limits.MOST_CALLS, load_default=0)


class ApiLimits(Body):
    """The limits of an API; what is left out stays."""

    defaults = Several(
        fields.Nested(WindowBody),
        limits.MOST_LIMITS,
        metadata=about("What holds where a plan says nothing.", "Ce qui vaut quand un forfait ne dit rien."),
    )
    caps = Several(
        fields.Nested(CapBody),
        limits.MOST_LIMITS,
        metadata=about("What all callers may call together.", "Ce que tous peuvent appeler ensemble."),
    )


class OwnLimits(Body):
    """The limits that one subscription has before its plan's; none gives it the plan's again."""

    windows = Several(fields.Nested(WindowBody), limits.MOST_LIMITS, required=True)
    reason = Text(1_000, required=True)


class ApiLimitsShown(Shown):
    """The limits of an API, and the time zone of its calendar."""

    defaults = fields.Function(
        lambda api: [WindowShown().dump(window) for window in limits.defaults_of(api)], metadata={"type": "array"}
    )
    caps = fields.Function(
        lambda api: [WindowShown().dump(window) for window in limits.caps_of(api)], metadata={"type": "array"}
    )
    time_zone = fields.String(attribute="organisation.time_zone")


class OwnLimitsShown(Shown):
    """The limits in force for a subscription."""

    subscription_id = fields.String(attribute="id")
    windows = fields.Function(
        lambda row: [WindowShown().dump(window) for window in limits.limits_in_force(row, house().default_limits)],
        metadata={"type": "array"},
    )


@blueprint.route("/apis/<api_id>/limits", methods=["GET"])
@blueprint.response(200, ApiLimitsShown)
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Lire les limites d’une API")
def of_api(api_id: str) -> Response:
    """Read the limits of an API."""
    with house().database.read() as session:
        return shown(ApiLimitsShown, apis.get_api(session, actor(), api_id))


@blueprint.route("/apis/<api_id>/limits", methods=["PATCH"])
@blueprint.arguments(ApiLimits)
@blueprint.response(200, ApiLimitsShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Fixer les limites d’une API",
    "Celles qui valent quand un forfait ne dit rien, et les plafonds de tous les appelants réunis.",
)
def set_api_limits(body: dict[str, Any], api_id: str) -> Response:
    """Set the limits of an API.

    Those that hold where a plan says nothing, and the caps of all callers together.
    """
    given = {name: [Window(**each) for each in windows] for name, windows in body.items()}
    if "caps" in given:
        given["caps"] = [Window(**each, per="api") for each in body["caps"]]
    with house().database.begin() as session:
        changed = limits.set_api_limits(session, actor(), api_id, expected_version=expected_version(), **given)
        session.flush()
        return shown(ApiLimitsShown, changed)


@blueprint.route("/subscriptions/<subscription_id>/limits", methods=["POST"])
@blueprint.arguments(OwnLimits)
@blueprint.response(200, OwnLimitsShown)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Déroger aux limites du forfait pour un abonnement",
    "Avec une raison; une liste vide rend à l’abonnement les limites de son forfait.",
)
def override(body: dict[str, Any], subscription_id: str) -> Response:
    """Override the plan's limits for one subscription.

    With a reason; an empty list gives the subscription its plan's limits again.
    """
    windows = [Window(**each) for each in body["windows"]]
    with house().database.begin() as session:
        changed = limits.override(session, actor(), subscription_id, windows=windows, reason=body["reason"])
        return shown(OwnLimitsShown, changed)
