"""/v1/quotas: who is near a limit, at it or over it, in all departments."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown_page
from gateway.management.caller import actor, house
from gateway.management.fields import Choice, PageQuery, Shown, Text, about, page_of
from gateway.management.plans import WindowShown
from gateway.management.resources import french, needs, resource
from gateway.services import quotas
from gateway.services.quotas import STATES, Quota, Wanted
from gateway.words import Words

blueprint = resource(
    Words("Quotas", "Quotas"),
    Words("Who is near a limit, at it or over it", "Qui approche d’une limite, l’atteint ou la dépasse"),
)


class QuotasQuery(PageQuery):
    """Which quotas; what is left out shows all."""

    department_id = Text(40, load_default="")
    api_id = Text(40, load_default="")
    state = Choice(["", *STATES], load_default="")
    words = Text(
        200,
        load_default="",
        metadata=about(
            "Each occurs in a name: of the application, its organisation, or the API.",
            "Chacun se trouve dans un nom : de l’application, de son organisation ou de l’API.",
        ),
    )


class QuotaShown(Shown):
    """A limit, and what is used of it; without a subscription it is a cap of the API."""

    subscription_id = fields.Function(lambda row: _of(row, "id"), metadata={"type": "string"})
    application_id = fields.Function(lambda row: _of(row, "application_id"), metadata={"type": "string"})
    application = fields.Function(lambda row: _of(row, "application", "name"), metadata={"type": "string"})
    plan = fields.Function(lambda row: _of(row, "plan", "code"), metadata={"type": "string"})
    api_id = fields.String(attribute="api.id")
    api = fields.String(attribute="api.name")
    department_id = fields.String(attribute="api.organisation_id")
    window = fields.Nested(WindowShown)
    used = fields.Integer()
    resets_in = fields.Integer(metadata=about("In seconds.", "En secondes."))
    state = fields.String()


def _of(quota: Quota, *path: str) -> str:
    """A part of its subscription; empty for a cap."""
    found: Any = quota.subscription
    for name in path:
        found = getattr(found, name, "")
    return str(found)


@blueprint.route("/quotas", methods=["GET"])
@blueprint.arguments(QuotasQuery, location="query")
@blueprint.response(200, page_of(QuotaShown))
@needs(blueprint, Permission.READ_USAGE)
@french(
    blueprint,
    "Énumérer qui approche d’une limite",
    "À 80 % ou plus, dans tous les ministères, les plus proches d’abord. Réservé à l’exploitant.",
)
def browse(query: dict[str, Any]) -> Response:
    """List who is near a limit.

    At 80 % or more, in all departments, the nearest first. For the operator.
    """
    page, per_page = query.pop("page"), query.pop("per_page")
    house().flush_usage()
    with house().database.read() as session:
        found = quotas.browse(
            session,
            actor(),
            house().ledger,
            Wanted(**query),
            system=house().default_limits,
            page=page,
            per_page=per_page,
        )
        return shown_page(QuotaShown, found.page)
