from itertools import product
from typing import Any

import pytest

from gateway.domain.errors import ALREADY_DONE, WRONG_STATE, DomainError
from gateway.domain.lifecycle import (
    APPLICATION_MOVES,
    LIVE,
    SUBSCRIPTION_MOVES,
    ApplicationState,
    SubscriptionState,
)
from gateway.services.application_states import (
    APPLICATION_WORDS,
    SUBSCRIPTION_WORDS,
    move_application,
    move_subscription,
)
from gateway.store.applications import Application, Subscription

TABLES: list[tuple[Any, ...]] = [
    (Application, ApplicationState, APPLICATION_MOVES, move_application),
    (Subscription, SubscriptionState, SUBSCRIPTION_MOVES, move_subscription),
]
EVERY_PAIR = [
    (model, moves, make, state, move)
    for model, states, moves, make in TABLES
    for state, move in product(states, sorted({name for _, name in moves}))
]


@pytest.mark.parametrize(("model", "moves", "make", "state", "move"), EVERY_PAIR)
def test_a_move_leads_where_the_table_says_or_nowhere(model, moves, make, state, move):
    row = model(state=state)
    following = moves.get((state, move))

    if following is None:
        with pytest.raises(DomainError) as caught:
            make(row, move)
        done = state in {to for (_, name), to in moves.items() if name == move}
        assert caught.value.kind is (ALREADY_DONE if done else WRONG_STATE)
        assert row.state == state
    else:
        make(row, move)
        assert row.state == following


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_subscription_can_be_left(state):
    assert SUBSCRIPTION_MOVES[state, "cancel"] is SubscriptionState.CANCELLED


def test_every_state_has_words():
    assert set(APPLICATION_WORDS) == set(ApplicationState)
    assert set(SUBSCRIPTION_WORDS) == set(SubscriptionState)
