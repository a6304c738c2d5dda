"""Moves of an application and of a subscription, and what each state is called.

The laws of what may follow what are `APPLICATION_MOVES` and `SUBSCRIPTION_MOVES` (gateway/domain/lifecycle.py); this
only applies them to a row. Making again the move that led here is not an error of the caller's: ALREADY_DONE.
"""

from gateway.domain.errors import ALREADY_DONE, WRONG_STATE, DomainError, required
from gateway.domain.lifecycle import APPLICATION_MOVES, SUBSCRIPTION_MOVES, ApplicationState, SubscriptionState
from gateway.services.texts import text_block
from gateway.store.applications import Application, Subscription
from gateway.words import Words

APPLICATION_WORDS: dict[ApplicationState, Words] = {
    ApplicationState.ACTIVE: Words("active", "active"),
    ApplicationState.SUSPENDED: Words("suspended", "suspendue"),
    ApplicationState.CLOSED: Words("closed", "fermée"),
}
"""How an application's state is said to people; “application” is feminine in French."""

SUBSCRIPTION_WORDS: dict[SubscriptionState, Words] = {
    SubscriptionState.REQUESTED: Words("requested", "demandé"),
    SubscriptionState.ACTIVE: Words("active", "actif"),
    SubscriptionState.SUSPENDED: Words("suspended", "suspendu"),
    SubscriptionState.CANCELLED: Words("cancelled", "annulé"),
    SubscriptionState.REVOKED: Words("revoked", "révoqué"),
}
"""How a subscription's state is said to people; “abonnement” is masculine."""

_LONGEST_REASON = 2_000


def move_application(application: Application, move: str) -> None:
    """Make a move; ALREADY_DONE where it leads to the present state, WRONG_STATE where it is not in the table."""
    state = ApplicationState(application.state)
    following = APPLICATION_MOVES.get((state, move))
    if following is None:
        raise _refusal(state in {to for (_, name), to in APPLICATION_MOVES.items() if name == move}, application)
    application.state = following


def move_subscription(subscription: Subscription, move: str) -> None:
    """Make a move; ALREADY_DONE where it leads to the present state, WRONG_STATE where it is not in the table."""
    state = SubscriptionState(subscription.state)
    following = SUBSCRIPTION_MOVES.get((state, move))
    if following is None:
        raise _refusal(state in {to for (_, name), to in SUBSCRIPTION_MOVES.items() if name == move}, subscription)
    subscription.state = following


def require_open(application: Application) -> None:
    """Go on unless the application is closed: a closed one stays as it is."""
    if application.state == ApplicationState.CLOSED:
        raise wrong_state(application)


def wrong_state(row: Application | Subscription) -> DomainError:
    """The refusal that names the present state."""
    words = (
        APPLICATION_WORDS[ApplicationState(row.state)]
        if isinstance(row, Application)
        else SUBSCRIPTION_WORDS[SubscriptionState(row.state)]
    )
    return DomainError(WRONG_STATE, members={"state": row.state}, state=words)


def checked_reason(reason: str, *, needed: bool) -> str:
    """Why something is done; whoever is hit by a suspension or a revocation is told why."""
    text = text_block("reason", reason, _LONGEST_REASON)
    if needed and not text:
        raise required("reason", "A reason", "la raison")
    return text


def _refusal(done: bool, row: Application | Subscription) -> DomainError:  # noqa: FBT001 - private, one reader
    return DomainError(ALREADY_DONE, members={"state": row.state}) if done else wrong_state(row)
