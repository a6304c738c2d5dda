"""/v1/plans: how much of an API a subscription may use."""

from typing import Any

from flask import Response
from marshmallow import fields

from gateway.domain.away import CHOICES, USUAL
from gateway.domain.plans import KINDS, PERIODS, Window
from gateway.domain.roles import Permission
from gateway.management.answers import IF_MATCH, expected_version, shown, shown_all
from gateway.management.caller import actor, house
from gateway.management.fields import Body, Choice, Flag, Several, Shown, Text, Whole, about, list_of
from gateway.management.resources import french, needs, resource
from gateway.services import limits, plans
from gateway.words import Words

blueprint = resource(
    Words("Plans", "Forfaits"),
    Words(
        "Plans of an API",
        "Les forfaits d’une API",
    ),
)


EVERY_PERIOD = [*PERIODS["rate"], "day", "week", "month", *PERIODS["concurrency"]]


class WindowBody(Body):
    """At most so many calls in a period: of the calendar where the department is, in any stretch, or as a rate.

    Of the kind `concurrency`, whose period is a `call`, at most so many are under way at the same time.
    """

    period = Choice(EVERY_PERIOD, required=True)
    limit = Whole(1, limits.MOST_CALLS, required=True)
    kind = Choice(KINDS, load_default="calendar")
    burst = Whole(
        0,
        limits.MOST_CALLS,
        load_default=0,
        metadata=about(
            "How many calls a rate lets through at once; 0 is as many as its limit.",
            "Combien d’appels un débit laisse passer en rafale; 0, autant que sa limite.",
        ),
    )
    per = Choice(
        ["application", "credential", "user", "address", "operation"],
        load_default="application",
        metadata=about(
            "Whom it binds, each by itself; “address” in a keyless plan, and nowhere else.",
            "Qui elle lie, chacun pour soi; « address » dans un forfait sans clé, et nulle part ailleurs.",
        ),
    )


class Costs(fields.Dict):
    """The operations that cost more than one call, by name such as `GET /stations/{id}`."""

    default_error_messages = {"invalid": "object", "null": "null"}  # noqa: RUF012 - marshmallow's name and type

    def __init__(self) -> None:
        """Take whole numbers by name."""
        described = about(
            "How many calls an operation costs, by name such as GET /stations/{id}; 1 where nothing is said.",
            "Combien d’appels coûte une opération, par nom comme GET /stations/{id}; 1 si rien n’est dit.",
        )
        super().__init__(keys=Text(2_000), values=Whole(1, limits.MOST_CALLS), metadata=described)


class NewPlan(Body):
    """A plan to be."""

    code = Text(60, required=True)
    name_en = Text(200, required=True)
    name_fr = Text(200, required=True)
    windows = Several(fields.Nested(WindowBody), limits.MOST_LIMITS, required=True)
    allows_api_key = Flag(load_default=False)
    keyless = Flag(
        load_default=False,
        metadata=about(
            "Whether it is in force for all who call without a credential, each IP address by itself. It stays so.",
            "S’il vaut pour tous ceux qui appellent sans justificatif, chaque adresse IP pour soi. Cela reste.",
        ),
    )
    costs = Costs()
    when_away = Choice(CHOICES, load_default=USUAL)


class PlanChange(Body):
    """What changes of a plan; what is left out stays."""

    name_en = Text(200)
    name_fr = Text(200)
    windows = Several(fields.Nested(WindowBody), limits.MOST_LIMITS)
    allows_api_key = Flag()
    costs = Costs()
    when_away = Choice(CHOICES)


class WindowShown(Shown):
    """A window of a plan."""

    period = fields.String()
    limit = fields.Integer()
    kind = fields.String()
    burst = fields.Integer()
    per = fields.String()
    name = fields.String(
        metadata=about("What the fields of an answer call it.", "Comment les champs d’une réponse l’appellent.")
    )


class PlanShown(Shown):
    """A plan."""

    id = fields.String()
    api_id = fields.String()
    code = fields.String()
    name_en = fields.String()
    name_fr = fields.String()
    approval = fields.String()
    allows_api_key = fields.Boolean()
    keyless = fields.Boolean()
    when_away = fields.String()
    windows = fields.Function(
        lambda plan: [WindowShown().dump(window) for window in plans.windows_of(plan)], metadata={"type": "array"}
    )
    costs = fields.Dict(keys=fields.String(), values=fields.Integer())
    time_zone = fields.String(attribute="api.organisation.time_zone")
    created_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


@blueprint.route("/apis/<api_id>/plans", methods=["GET"])
@blueprint.response(200, list_of(PlanShown))
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Énumérer les forfaits d’une API")
def of_api(api_id: str) -> Response:
    """List the plans of an API."""
    with house().database.read() as session:
        return shown_all(PlanShown, plans.plans_of(session, actor(), api_id))


@blueprint.route("/apis/<api_id>/plans", methods=["POST"])
@blueprint.arguments(NewPlan)
@blueprint.response(201, PlanShown)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Créer un forfait",
    "Les abonnements y sont approuvés sur-le-champ.",
)
def create(body: dict[str, Any], api_id: str) -> Response:
    """Make a plan.

    Subscriptions to it are approved at once.
    """
    with house().database.begin() as session:
        made = plans.create_plan(session, actor(), api_id, **_with_windows(body))
        session.flush()
        return shown(PlanShown, made, 201, location=f"/v1/plans/{made.id}")


@blueprint.route("/plans/<plan_id>", methods=["GET"])
@blueprint.response(200, PlanShown)
@needs(blueprint, Permission.READ_DRAFTS)
@french(blueprint, "Lire un forfait")
def read(plan_id: str) -> Response:
    """Read a plan."""
    with house().database.read() as session:
        return shown(PlanShown, plans.get_plan(session, actor(), plan_id))


@blueprint.route("/plans/<plan_id>", methods=["PATCH"])
@blueprint.arguments(PlanChange)
@blueprint.response(200, PlanShown)
@blueprint.doc(parameters=[IF_MATCH])
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Modifier un forfait",
    "Ses nouvelles limites lient tous ses abonnés, dès le prochain appel.",
)
def update(body: dict[str, Any], plan_id: str) -> Response:
    """Change a plan.

    Its new limits bind everyone who is subscribed, from the next call on.
    """
    with house().database.begin() as session:
        changed = plans.update_plan(
            session, actor(), plan_id, expected_version=expected_version(), **_with_windows(body)
        )
        session.flush()
        return shown(PlanShown, changed)


@blueprint.route("/plans/<plan_id>/close", methods=["POST"])
@blueprint.response(200, PlanShown)
@needs(blueprint, Permission.EDIT_API)
@french(
    blueprint,
    "Fermer un forfait",
    "Il ne prend plus d’abonnements; ceux qui existent continuent.",
)
def close(plan_id: str) -> Response:
    """Close a plan.

    It takes no new subscriptions; the present ones go on.
    """
    with house().database.begin() as session:
        closed = plans.close_plan(session, actor(), plan_id)
        session.flush()
        return shown(PlanShown, closed)


def _with_windows(body: dict[str, Any]) -> dict[str, Any]:
    if "windows" not in body:
        return body
    return body | {"windows": [Window(**each) for each in body["windows"]]}
