"""/v1/ledger: how the count of calls stands."""

from flask import Response
from marshmallow import fields

from gateway.domain.roles import Permission
from gateway.management.answers import shown
from gateway.management.caller import actor, house
from gateway.management.fields import Shown, about
from gateway.management.resources import french, needs, resource
from gateway.services import ledger_health
from gateway.words import Words

blueprint = resource(
    Words("Ledger", "Registre"), Words("How the count of calls stands", "Où en est le compte des appels")
)


class LedgerShown(Shown):
    """The ledger, as the process that answers finds it."""

    place = fields.String(attribute="ledger.place", metadata=about("A file, or hosts.", "Un fichier, ou des hôtes."))
    is_shared = fields.Boolean(
        attribute="ledger.is_shared", metadata=about("With other machines.", "Avec d’autres machines.")
    )
    answers = fields.Boolean()
    away_seconds = fields.Float(attribute="ledger.away_seconds", allow_none=True)
    held = fields.Integer(
        attribute="ledger.held",
        metadata=about(
            "Calls that this process may serve without asking.",
            "Les appels que ce processus peut servir sans demander.",
        ),
    )
    usage_waits = fields.Float(
        metadata=about(
            "For how many seconds the oldest usage has waited for the database.",
            "Depuis combien de secondes l’utilisation la plus ancienne attend la base de données.",
        )
    )
    plans = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata=about(
            "How many open plans chose what to do while it is away.",
            "Combien de forfaits ouverts ont choisi quoi faire en son absence.",
        ),
    )


@blueprint.route("/ledger", methods=["GET"])
@blueprint.response(200, LedgerShown)
@needs(blueprint, Permission.READ_USAGE)
@french(blueprint, "Consulter l’état du registre", "Tel que le trouve le processus qui répond. Réservé à l’exploitant.")
def look() -> Response:
    """See how the ledger stands.

    As the process that answers finds it. For the operator.
    """
    with house().database.read() as session:
        return shown(LedgerShown, ledger_health.look(session, actor(), house().ledger, house().usage_waits))
