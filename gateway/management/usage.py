"""/v1/…/usage, …/left and …/audit: what happened, what is left of plans, and who changed what."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_all, shown_csv, shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Body, PageQuery, Shown, Text, Whole, list_of, page_of
from gateway.management.resources import french, needs, resource
from gateway.services import audit, usage, usage_rows
from gateway.services.usage_counts import MOST_HOURS
from gateway.words import Words

blueprint = resource(
    Words("Usage", "Utilisation"),
    Words(
        "Calls, what is left of plans, the audit trail",
        "Les appels, ce qui reste des forfaits, le journal d’audit",
    ),
)


class Hours(Body):
    """How many hours to look back on."""

    hours = Whole(1, MOST_HOURS, strict=False, load_default=24)


class ApplicationHours(Hours):
    """How many hours to look back on, and the one API to look at, if only one."""

    api_id = Text(40, load_default="")


class HourShown(Shown):
    """One calendar hour, in UTC."""

    start = fields.AwareDateTime()
    calls = fields.Integer()
    refused = fields.Integer()
    failed = fields.Integer()


class ReasonShown(Shown):
    """How many calls one reason ended."""

    code = fields.String()
    calls = fields.Integer()


class ShareShown(Shown):
    """The calls of one API or application."""

    id = fields.String()
    name = fields.String()
    calls = fields.Integer()
    refused = fields.Integer()
    failed = fields.Integer()


class StatusShown(Shown):
    """How many calls ended with a status of one class: 2 for 2xx."""

    status_class = fields.Integer()
    calls = fields.Integer()


class PercentileShown(Shown):
    """How long so many per cent of the answered calls took at most, an upper bound; null is beyond 30 seconds."""

    percent = fields.Integer()
    at_most_ms = fields.Integer(allow_none=True)


class OperationShare(Shown):
    """The calls of one operation."""

    operation = fields.String()
    calls = fields.Integer()
    refused = fields.Integer()
    failed = fields.Integer()
    by_status = fields.List(fields.Nested(StatusShown))


class UnusedShown(Shown):
    """An operation that a version declares and that nobody called."""

    major = fields.Integer()
    operation = fields.String()


class Totals(Shown):
    """All calls since a time: refusals are the callers' matter; failures, the service's behind or the gateway's."""

    since = fields.AwareDateTime()
    calls = fields.Integer()
    refusals = fields.Integer()
    failures = fields.Integer()
    by_hour = fields.List(fields.Nested(HourShown))
    by_refusal = fields.List(fields.Nested(ReasonShown))
    by_failure = fields.List(fields.Nested(ReasonShown))
    by_status = fields.List(fields.Nested(StatusShown))
    latency = fields.List(fields.Nested(PercentileShown))


class ApplicationUsage(Totals):
    """What an application called."""

    by_api = fields.List(fields.Nested(ShareShown))
    by_operation = fields.List(fields.Nested(OperationShare))


class ApiUsage(Totals):
    """Who called an API, and what."""

    by_application = fields.List(fields.Nested(ShareShown))
    by_operation = fields.List(fields.Nested(OperationShare))
    unused = fields.List(fields.Nested(UnusedShown))


class StoreUsage(Totals):
    """All that was called."""

    by_api = fields.List(fields.Nested(ShareShown))
    by_application = fields.List(fields.Nested(ShareShown))
    unidentified = fields.List(fields.Nested(ReasonShown))


class LeftShown(Shown):
    """What one window has left."""

    window = fields.String(attribute="window.name")
    period = fields.String(attribute="window.period")
    limit = fields.Integer(attribute="window.limit")
    remaining = fields.Integer()
    resets_in = fields.Integer()


class PlanLeft(Shown):
    """What a subscription has left, from the ledger itself."""

    subscription_id = fields.String()
    api = fields.String()
    left = fields.List(fields.Nested(LeftShown))


class EventShown(Shown):
    """One sentence of the audit trail."""

    id = fields.String()
    organisation_id = fields.String()
    sequence = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.String()
    actor_name = fields.String()
    command = fields.String()
    subject = fields.String()
    before = fields.Dict()
    after = fields.Dict()
    reason = fields.String()
    request_id = fields.String()
    previous_hash = fields.String()
    hash = fields.String()


@blueprint.route("/applications/<application_id>/usage", methods=["GET"])
@blueprint.arguments(ApplicationHours, location="query")
@blueprint.response(200, ApplicationUsage)
@needs(blueprint, Permission.READ_USAGE)
@french(blueprint, "Lire l’utilisation d’une application")
def of_application(query: dict[str, Any], application_id: str) -> Response:
    """Read what an application called."""
    house().flush_usage()
    with house().database.read() as session:
        found = usage.of_application(session, actor(), application_id, now=actor().now, **query)
        return shown(ApplicationUsage, found)


@blueprint.route("/applications/<application_id>/usage.csv", methods=["GET"])
@blueprint.arguments(ApplicationHours, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire l’utilisation d’une application dans un fichier",
    "Par heure, ou par jour au-delà de deux jours, par API, par opération et par issue, en CSV (RFC 4180).",
)
def of_application_as_file(query: dict[str, Any], application_id: str) -> Response:
    """Read what an application called as a file.

    By hour, or by day beyond two days, by API, by operation and by outcome, as CSV (RFC 4180).
    """
    house().flush_usage()
    with house().database.read() as session:
        rows = usage_rows.of_application(session, actor(), application_id, now=actor().now, **query)
        return shown_csv(usage_rows.APPLICATION_COLUMNS, rows)


@blueprint.route("/applications/<application_id>/left", methods=["GET"])
@blueprint.response(200, list_of(PlanLeft))
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire ce qui reste des forfaits",
    "Pour chaque abonnement d’une application : les nombres que disent les champs d’un appel.",
)
def left(application_id: str) -> Response:
    """Read what is left of the plans.

    For each subscription of an application: the numbers that the fields of a call tell.
    """
    with house().database.read() as session:
        found = usage.left_of_plans(session, actor(), house().ledger, application_id, house().default_limits)
        rows = [{"subscription_id": row.id, "api": row.api.name, "left": budget.left} for row, budget in found]
        return shown_all(PlanLeft, rows)


@blueprint.route("/apis/<api_id>/usage", methods=["GET"])
@blueprint.arguments(Hours, location="query")
@blueprint.response(200, ApiUsage)
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire l’utilisation d’une API",
    "Qui l’a appelée, et quoi. Réservé à son ministère.",
)
def of_api(query: dict[str, Any], api_id: str) -> Response:
    """Read the usage of an API.

    Who called it, and what. For its department.
    """
    house().flush_usage()
    with house().database.read() as session:
        return shown(ApiUsage, usage.of_api(session, actor(), api_id, now=actor().now, **query))


@blueprint.route("/apis/<api_id>/usage.csv", methods=["GET"])
@blueprint.arguments(Hours, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire l’utilisation d’une API dans un fichier",
    "Par heure, ou par jour au-delà de deux jours, par application, par opération et par issue, en CSV (RFC 4180).",
)
def of_api_as_file(query: dict[str, Any], api_id: str) -> Response:
    """Read the usage of an API as a file.

    By hour, or by day beyond two days, by application, by operation and by outcome, as CSV (RFC 4180).
    """
    house().flush_usage()
    with house().database.read() as session:
        rows = usage_rows.of_api(session, actor(), api_id, now=actor().now, **query)
        return shown_csv(usage_rows.API_COLUMNS, rows)


@blueprint.route("/usage", methods=["GET"])
@blueprint.arguments(Hours, location="query")
@blueprint.response(200, StoreUsage)
@needs(blueprint, Permission.READ_USAGE)
@french(blueprint, "Lire toute l’utilisation")
def of_everything(query: dict[str, Any]) -> Response:
    """Read all that was called (the operator)."""
    house().flush_usage()
    with house().database.read() as session:
        return shown(StoreUsage, usage.of_everything(session, actor(), now=actor().now, **query))


@blueprint.route("/organisations/<organisation_id>/audit", methods=["GET"])
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(EventShown))
@needs(blueprint, Permission.READ_AUDIT)
@french(
    blueprint,
    "Lire le journal d’audit",
    "Celui d’une organisation, la plus récente entrée d’abord.",
)
def trail(query: dict[str, Any], organisation_id: str) -> Response:
    """Read an audit trail.

    That of one organisation, the latest first.
    """
    with house().database.read() as session:
        return shown_page(EventShown, audit.browse(session, actor(), organisation_id, **query))


@blueprint.route("/audit", methods=["GET"])
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(EventShown))
@needs(blueprint, Permission.READ_AUDIT)
@french(
    blueprint,
    "Lire tout le journal d’audit",
    "Celui de toutes les organisations et d’aucune, la plus récente entrée d’abord. Réservé à l’exploitant.",
)
def whole_trail(query: dict[str, Any]) -> Response:
    """Read the whole audit trail.

    That of every organisation and of none, the latest first. For the operator.
    """
    with house().database.read() as session:
        return shown_page(EventShown, audit.browse_all(session, actor(), **query))
