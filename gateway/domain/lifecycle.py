"""The life of an API version and of a subscription, each as one table.

A move that is not in the table is refused. Tests walk the whole table and every pair that is absent from it;
pages draw it.
"""

from enum import StrEnum


class VersionState(StrEnum):
    """Where an API version stands."""

    DRAFT = "draft"
    CHECKED = "checked"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    REVOKED = "revoked"


class ApplicationState(StrEnum):
    """Where an application stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


VERSION_MOVES: dict[tuple[VersionState, str], VersionState] = {
    (VersionState.DRAFT, "check"): VersionState.CHECKED,
    (VersionState.CHECKED, "check"): VersionState.CHECKED,
    (VersionState.CHECKED, "publish"): VersionState.PUBLISHED,
    (VersionState.PUBLISHED, "check"): VersionState.PUBLISHED,
    (VersionState.PUBLISHED, "publish"): VersionState.PUBLISHED,
    (VersionState.PUBLISHED, "deprecate"): VersionState.DEPRECATED,
    (VersionState.DEPRECATED, "retire"): VersionState.RETIRED,
}
"""(state, move) → next state. `check` is a good document arriving; publishing again puts another revision in force."""

SUBSCRIPTION_MOVES: dict[tuple[SubscriptionState, str], SubscriptionState] = {
    (SubscriptionState.REQUESTED, "approve"): SubscriptionState.ACTIVE,
    (SubscriptionState.REQUESTED, "cancel"): SubscriptionState.CANCELLED,
    (SubscriptionState.ACTIVE, "change-plan"): SubscriptionState.ACTIVE,
    (SubscriptionState.ACTIVE, "suspend"): SubscriptionState.SUSPENDED,
    (SubscriptionState.SUSPENDED, "resume"): SubscriptionState.ACTIVE,
    (SubscriptionState.ACTIVE, "cancel"): SubscriptionState.CANCELLED,
    (SubscriptionState.SUSPENDED, "cancel"): SubscriptionState.CANCELLED,
    (SubscriptionState.ACTIVE, "revoke"): SubscriptionState.REVOKED,
    (SubscriptionState.SUSPENDED, "revoke"): SubscriptionState.REVOKED,
}
"""(state, move) → next state. Nobody can block `cancel`: leaving is as easy as joining."""

APPLICATION_MOVES: dict[tuple[ApplicationState, str], ApplicationState] = {
    (ApplicationState.ACTIVE, "suspend"): ApplicationState.SUSPENDED,
    (ApplicationState.SUSPENDED, "resume"): ApplicationState.ACTIVE,
    (ApplicationState.ACTIVE, "close"): ApplicationState.CLOSED,
    (ApplicationState.SUSPENDED, "close"): ApplicationState.CLOSED,
}
"""(state, move) → next state. A closed application stays closed; its usage remains."""

SERVED = frozenset({VersionState.PUBLISHED, VersionState.DEPRECATED})
"""The states in which a version answers calls."""

LIVE = frozenset({SubscriptionState.REQUESTED, SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED})
"""The states in which a subscription still binds its application to an API: one at a time."""

GRANTED = frozenset({SubscriptionState.ACTIVE, SubscriptionState.SUSPENDED})
"""The states in which somebody has said yes to a subscription: its limits are counted."""
