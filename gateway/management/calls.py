"""/v1/…/calls and /v1/calls: single calls of late, and why one of them was refused."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown, shown_csv, shown_page
from gateway.management.caller import actor, house
from gateway.management.errors import said
from gateway.management.fields import Body, Moment, PageQuery, Shown, Text, Whole, about, page_of
from gateway.management.resources import french, needs, resource
from gateway.services import call_log, explaining
from gateway.services.call_log import Wanted
from gateway.services.explaining import VERDICTS, Explanation
from gateway.words import Words

blueprint = resource(
    Words("Calls", "Appels"),
    Words(
        "Single calls of late, and why one was refused",
        "Les derniers appels un à un, et pourquoi l’un d’eux a été refusé",
    ),
)

_REFUSAL = about(
    "A refusal’s code; `any` for whichever, `none` for calls that have none.",
    "Le code d’un refus; `any` pour n’importe lequel, `none` pour les appels qui n’en ont pas.",
)
_IN_WORDS = {"type": ["string", "object", "null"]}


def _said(words: Words | None) -> Any:
    return said(words) if words else None


def _documentation(found: Explanation) -> str | None:
    return f"{house().public_url}/errors/{found.call.refusal}" if found.has_page else None


class CallsWanted(Body):
    """Which calls; all that is left out is all the same."""

    status_class = Whole(1, 5, strict=False, load_default=None, metadata=about("4 for 4xx.", "4 pour 4xx."))
    refusal = Text(60, load_default="", metadata=_REFUSAL)
    api_id = Text(40, load_default="")
    since = Moment(load_default=None)
    until = Moment(load_default=None)


class CallsPage(CallsWanted, PageQuery):
    """Which calls, and which page of them."""


class CallShown(Shown):
    """One call of late."""

    request_id = fields.String()
    at = fields.AwareDateTime()
    api_id = fields.String()
    operation = fields.String()
    status = fields.Integer()
    refusal = fields.String()
    latency_ms = fields.Integer()


class ExplanationShown(Shown):
    """One call, and why it ended so: words are in the language asked for, or in both by their tags."""

    request_id = fields.String(attribute="call.request_id")
    at = fields.AwareDateTime(attribute="call.at")
    application_id = fields.String(attribute="application.id")
    application = fields.String(attribute="application.name")
    api_id = fields.String(attribute="call.api_id")
    api = fields.String(attribute="api.name", dump_default="")
    operation = fields.String(attribute="call.operation")
    status = fields.Integer(attribute="call.status")
    refusal = fields.String(attribute="call.refusal")
    latency_ms = fields.Integer(attribute="call.latency_ms")
    outcome = fields.String()
    verdict = fields.Function(lambda found: said(VERDICTS[found.outcome]), metadata=_IN_WORDS)
    reason = fields.Function(lambda found: _said(found.reason), metadata=_IN_WORDS)
    detail = fields.Function(lambda found: _said(found.detail), metadata=_IN_WORDS)
    remedy = fields.Function(lambda found: _said(found.remedy), metadata=_IN_WORDS)
    documentation = fields.Function(_documentation, metadata={"type": ["string", "null"]})


@blueprint.route("/applications/<application_id>/calls", methods=["GET"])
@blueprint.arguments(CallsPage, location="query")
@blueprint.response(200, page_of(CallShown))
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire les derniers appels",
    "Ceux d’une application, le plus récent d’abord, avec la raison de chaque refus ou échec.",
)
def recent(query: dict[str, Any], application_id: str) -> Response:
    """Read the latest calls.

    Of an application, the latest first, with why each was refused or failed.
    """
    house().flush_usage()
    page = {name: query.pop(name) for name in ("page", "per_page")}
    with house().database.read() as session:
        return shown_page(CallShown, call_log.browse(session, actor(), application_id, Wanted(**query), **page))


@blueprint.route("/applications/<application_id>/calls.csv", methods=["GET"])
@blueprint.arguments(CallsWanted, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@needs(blueprint, Permission.READ_USAGE)
@french(blueprint, "Lire les derniers appels dans un fichier", "Les mêmes, en CSV (RFC 4180), sans pages.")
def recent_as_file(query: dict[str, Any], application_id: str) -> Response:
    """Read the latest calls as a file.

    The same, as CSV (RFC 4180), without pages.
    """
    house().flush_usage()
    with house().database.read() as session:
        rows = call_log.rows(session, actor(), application_id, Wanted(**query))
        return shown_csv(call_log.COLUMNS, rows)


@blueprint.route("/calls/<request_id>", methods=["GET"])
@blueprint.response(200, ExplanationShown)
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Lire pourquoi un appel a été refusé",
    "En mots, avec ce qu’il faut faire; pour l’organisation de l’application et le ministère de l’API.",
)
def explained(request_id: str) -> Response:
    """Read why a call was refused.

    In words, with what to do; for the application's organisation and the API's department.
    """
    house().flush_usage()
    with house().database.read() as session:
        found = explaining.explain(session, actor(), request_id, registry=house().registry, keep=house().keep)
        return shown(ExplanationShown, found)
