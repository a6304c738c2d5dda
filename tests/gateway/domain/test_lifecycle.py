"""The tables are walked whole: what they hold, and every pair that they do not."""

from itertools import product

import pytest

from gateway.domain.lifecycle import (
    APPLICATION_MOVES,
    LIVE,
    SERVED,
    SUBSCRIPTION_MOVES,
    VERSION_MOVES,
    ApplicationState,
    SubscriptionState,
    VersionState,
)

VERSION = {
    ("draft", "check", "checked"),
    ("checked", "check", "checked"),
    ("checked", "publish", "published"),
    ("published", "check", "published"),
    ("published", "publish", "published"),
    ("published", "deprecate", "deprecated"),
    ("deprecated", "retire", "retired"),
}
SUBSCRIPTION = {
    ("requested", "approve", "active"),
    ("requested", "cancel", "cancelled"),
    ("active", "change-plan", "active"),
    ("active", "suspend", "suspended"),
    ("active", "cancel", "cancelled"),
    ("active", "revoke", "revoked"),
    ("suspended", "resume", "active"),
    ("suspended", "cancel", "cancelled"),
    ("suspended", "revoke", "revoked"),
}
APPLICATION = {
    ("active", "suspend", "suspended"),
    ("active", "close", "closed"),
    ("suspended", "resume", "active"),
    ("suspended", "close", "closed"),
}
TABLES = [
    (VERSION_MOVES, VersionState, VERSION),
    (SUBSCRIPTION_MOVES, SubscriptionState, SUBSCRIPTION),
    (APPLICATION_MOVES, ApplicationState, APPLICATION),
]


@pytest.mark.parametrize(("table", "states", "law"), TABLES, ids=lambda value: getattr(value, "__name__", None))
def test_a_table_holds_the_law_and_nothing_besides(table, states, law):
    moves = {move for _, move, _ in law}

    for state, move in product(states, moves):
        expected = {after for before, name, after in law if (before, name) == (state, move)}
        assert ({str(table[state, move])} if (state, move) in table else set()) == expected, (state, move)
    assert len(table) == len(law)


def reachable(table, start):
    found = {start}
    while more := {after for (before, _), after in table.items() if before in found} - found:
        found |= more
    return found


@pytest.mark.parametrize(
    ("table", "start", "states"),
    [
        (VERSION_MOVES, VersionState.DRAFT, VersionState),
        (SUBSCRIPTION_MOVES, SubscriptionState.REQUESTED, SubscriptionState),
        (APPLICATION_MOVES, ApplicationState.ACTIVE, ApplicationState),
    ],
)
def test_every_state_can_be_reached_from_the_first(table, start, states):
    assert reachable(table, start) == set(states)


@pytest.mark.parametrize(
    ("table", "ends"),
    [
        (VERSION_MOVES, {VersionState.RETIRED}),
        (SUBSCRIPTION_MOVES, {SubscriptionState.CANCELLED, SubscriptionState.REVOKED}),
        (APPLICATION_MOVES, {ApplicationState.CLOSED}),
    ],
)
def test_what_has_ended_stays_ended(table, ends):
    for end in ends:
        assert reachable(table, end) == {end}


def test_nobody_can_block_leaving():
    assert all(SUBSCRIPTION_MOVES[state, "cancel"] is SubscriptionState.CANCELLED for state in LIVE)


def test_live_are_the_states_from_which_there_is_a_way_on():
    assert {before for before, _ in SUBSCRIPTION_MOVES} == LIVE


def test_a_version_is_served_from_its_publishing_to_its_retirement():
    assert {VersionState.PUBLISHED, VersionState.DEPRECATED} == SERVED
    left = {(before, after) for (before, _), after in VERSION_MOVES.items() if before in SERVED and after not in SERVED}
    assert left == {(VersionState.DEPRECATED, VersionState.RETIRED)}
