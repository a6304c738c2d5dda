"""/v1/…/limits: what an API sets for all plans, what all its callers may call together, what one subscription may."""

from datetime import UTC, datetime
from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.allowances import extras_of, resets_of
from gateway.domain.plans import KINDS, Window
from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Choice, Moment, Several, Shown, Text, Whole, about
from gateway.management.idempotency import IDEMPOTENCY_KEY
from gateway.management.plans import EVERY_PERIOD, WindowBody, WindowShown
from gateway.management.resources import french, needs, resource
from gateway.services import allowances, apis, limits, subscriptions
from gateway.services.allowances import Grant
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
    reason = Text(
        1_000,
        load_default="",
        metadata=about("Why; operators must say.", "Pourquoi; les exploitants doivent le dire."),
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


class ExtraCalls(Body):
    """More calls for a time: in each window of this name until a moment, or until the present window ends."""

    window = Text(60, required=True, metadata=about("Such as `day`.", "Par exemple `day`."))
    calls = Whole(0, limits.MOST_CALLS, required=True)
    until = Moment()
    reason = Text(1_000, required=True)


class WindowsAnew(Body):
    """The windows whose count begins anew."""

    windows = Several(Text(60), limits.MOST_LIMITS, required=True)
    reason = Text(1_000, required=True)


class ExtraShown(Shown):
    """What was granted for a time."""

    window = fields.String()
    calls = fields.Integer()
    until = fields.Function(lambda extra: moment(extra.until), metadata={"type": "string", "format": "date-time"})
    reason = fields.String()


class ResetShown(Shown):
    """When a count began anew."""

    window = fields.String()
    at = fields.Function(lambda reset: moment(reset.at), metadata={"type": "string", "format": "date-time"})
    reason = fields.String()


class OwnLimitsShown(Shown):
    """The limits in force for a subscription now, and what of them it has alone, and why."""

    subscription_id = fields.String(attribute="id")
    windows = fields.Function(
        lambda row: [
            WindowShown().dump(window) for window in limits.limits_now(row, house().default_limits, actor().now)
        ],
        metadata={"type": "array"},
    )
    own = fields.Function(
        lambda row: [WindowShown().dump(window) for window in limits.own_limits(row)], metadata={"type": "array"}
    )
    reason = fields.String(attribute="limits_reason")
    extras = fields.Function(
        lambda row: [ExtraShown().dump(extra) for extra in extras_of(row.extras)], metadata={"type": "array"}
    )
    resets = fields.Function(
        lambda row: [ResetShown().dump(reset) for reset in resets_of(row.resets)], metadata={"type": "array"}
    )


def moment(seconds: int) -> str:
    """As RFC 3339 has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


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
    given: dict[str, Any] = {"reason": body["reason"]}
    if "defaults" in body:
        given["defaults"] = [Window(**each) for each in body["defaults"]]
    if "caps" in body:
        given["caps"] = [Window(**each, per="api") for each in body["caps"]]
    with house().database.begin() as session:
        changed = limits.set_api_limits(session, actor(), api_id, expected_version=expected_version(), **given)
        session.flush()
        return shown(ApiLimitsShown, changed)


@blueprint.route("/subscriptions/<subscription_id>/limits", methods=["GET"])
@blueprint.response(200, OwnLimitsShown)
@needs(blueprint, Permission.READ_APPLICATION)
@french(blueprint, "Lire les limites d’un abonnement")
def of_subscription(subscription_id: str) -> Response:
    """Read the limits of a subscription."""
    with house().database.read() as session:
        return shown(OwnLimitsShown, subscriptions.get(session, actor(), subscription_id))


@blueprint.route("/subscriptions/<subscription_id>/limits", methods=["POST"])
@blueprint.arguments(OwnLimits)
@blueprint.response(200, OwnLimitsShown)
@blueprint.doc(parameters=[IF_MATCH, IDEMPOTENCY_KEY])
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
    windows, version = [Window(**each) for each in body["windows"]], expected_version()
    with house().database.begin() as session:
        changed = limits.override(
            session, actor(), subscription_id, windows=windows, reason=body["reason"], expected_version=version
        )
        return shown(OwnLimitsShown, changed)


@blueprint.route("/subscriptions/<subscription_id>/limits/extra", methods=["PUT"])
@blueprint.arguments(ExtraCalls)
@blueprint.response(200, OwnLimitsShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Accorder des appels supplémentaires à un abonnement",
    "Pour un temps et avec une raison; zéro retire ce qui était accordé.",
)
def grant_extra(body: dict[str, Any], subscription_id: str) -> Response:
    """Grant a subscription extra calls.

    For a time, and with a reason; none takes away what was granted.
    """
    grant = Grant(body["window"], body["calls"], body.get("until"))
    return _changed(allowances.grant_extra, subscription_id, grant, reason=body["reason"])


@blueprint.route("/subscriptions/<subscription_id>/limits/reset", methods=["POST"])
@blueprint.arguments(WindowsAnew)
@blueprint.response(200, OwnLimitsShown)
@blueprint.doc(parameters=[IF_MATCH, IDEMPOTENCY_KEY])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Remettre à zéro ce qu’un abonnement a consommé",
    "Dans les fenêtres nommées et avec une raison; le relevé d’utilisation reste tel quel.",
)
def reset(body: dict[str, Any], subscription_id: str) -> Response:
    """Reset what a subscription has used.

    In the windows that are named, and with a reason; the usage record stays as it is.
    """
    return _changed(allowances.reset, subscription_id, **body)


def _changed(change: Any, subscription_id: str, *given: Any, **named: Any) -> Response:
    system, version = house().default_limits, expected_version()
    with house().database.begin() as session:
        changed = change(session, actor(), subscription_id, *given, system=system, expected_version=version, **named)
        return shown(OwnLimitsShown, changed)
