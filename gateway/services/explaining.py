"""Why was my call refused? What is kept of one call, told in words by the table of refusals.

The law: a call is shown to the organisation whose application made it, to the department whose API it went to, and to
operators. To anybody else it is not there, and what is not there says what is kept, for how long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from gateway.domain.errors import CALL_UNKNOWN, DomainError
from gateway.domain.roles import Permission
from gateway.http.problems import Row
from gateway.pipeline.refusals import FAILURES, TABLE
from gateway.plugin.registry import Registry
from gateway.services.actor import Actor
from gateway.services.apis import require_signed_in
from gateway.store.applications import Application
from gateway.store.catalogue import Api
from gateway.store.retention import Retention
from gateway.store.usage import RECENT_CALLS_KEPT, RecentCall
from gateway.words import Words

_SECONDS_OF_A_DAY = 86_400


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    FAILED = "failed"


VERDICTS: Mapping[Outcome, Words] = {
    Outcome.ANSWERED: Words(
        "This call was not refused: the department’s service answered it. What its status means, the API’s"
        " documentation says.",
        "Cet appel n’a pas été refusé : le service du ministère y a répondu. La documentation de l’API indique ce que"
        " signifie le code HTTP.",
    ),
    Outcome.REFUSED: Words(
        "The gateway refused this call, for a reason that is the caller’s to mend.",
        "La passerelle a refusé cet appel, pour une raison qu’il revient à l’appelant de corriger.",
    ),
    Outcome.FAILED: Words(
        "This call was in order: the service behind, or the gateway itself, let it down.",
        "Cet appel était en règle : le service en aval, ou la passerelle elle-même, lui a fait défaut.",
    ),
}
"""What each outcome means."""

_KEPT = Words(f"{RECENT_CALLS_KEPT:,}", f"{RECENT_CALLS_KEPT:,}".replace(",", "\N{NO-BREAK SPACE}"))
_OTHER_RULE = Words("Refused by a rule of the API", "Refusé par une règle de l’API")
_ASK_DEPARTMENT = Words(
    "Ask the department, with the request id: the rule that it had chosen is no longer installed here.",
    "Adressez-vous au ministère en donnant l’identifiant de la requête : la règle qu’il avait choisie n’est plus"
    " installée ici.",
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One call, and why it ended as it did.

    `reason` and `remedy` are there unless it was answered; `detail`, where the words need nothing that only the answer
    itself held. `has_page` tells whether the portal has a page about the code.
    """

    call: RecentCall
    application: Application
    api: Api | None
    outcome: Outcome
    reason: Words | None = None
    detail: Words | None = None
    remedy: Words | None = None
    has_page: bool = False


def explain(session: Session, actor: Actor, request_id: str, *, registry: Registry, keep: Retention) -> Explanation:
    """Why a call ended as it did.

    Raises:
        DomainError: NOT_SIGNED_IN, TOKEN_SCOPE, CALL_UNKNOWN (it is not kept, or not theirs to see).
    """
    require_signed_in(actor)
    call = session.get(RecentCall, request_id)
    application = session.get(Application, call.application_id) if call else None
    if call is None or application is None:
        raise _unknown(keep)
    api = session.get(Api, call.api_id) if call.api_id else None
    concerned = [application.organisation_id, *([api.organisation_id] if api else [])]
    if not any(actor.may(Permission.READ_USAGE, each) for each in concerned):
        for each in (each for each in concerned if actor.is_operator or each in actor.roles):
            actor.require(Permission.READ_USAGE, each)  # which says what it is that they lack
        raise _unknown(keep)
    return _told(call, application, api, registry)


def _told(call: RecentCall, application: Application, api: Api | None, registry: Registry) -> Explanation:
    if not call.refusal:
        return Explanation(call, application, api, Outcome.ANSWERED)
    outcome = Outcome.FAILED if call.refusal in FAILURES else Outcome.REFUSED
    row = next((row for row in (*TABLE, *registry.refusals) if row.code == call.refusal), None)
    if row is None:
        return Explanation(call, application, api, outcome, _OTHER_RULE, None, _ASK_DEPARTMENT)
    return Explanation(call, application, api, outcome, row.title, _detail(row, api), row.remedy, has_page=True)


def _detail(row: Row, api: Api | None) -> Words | None:
    """The row's detail, filled with what is still known; None where that is too little."""
    try:
        return row.detail.fill(api=api.name) if api else row.detail.fill()
    except KeyError:
        return None


def _unknown(keep: Retention) -> DomainError:
    return DomainError(CALL_UNKNOWN, kept=_KEPT, days=keep.calls // _SECONDS_OF_A_DAY)
