"""Moves of a version: exactly those of the table."""

from itertools import product

import pytest

from gateway.domain.errors import WRONG_STATE, DomainError
from gateway.domain.lifecycle import VERSION_MOVES, VersionState
from gateway.services.version_states import STATE_WORDS, move
from gateway.store.catalogue import ApiVersion

NAMES = ("check", "publish", "deprecate", "retire")


@pytest.mark.parametrize(("state", "name"), [*product(VersionState, NAMES)])
def test_a_move_follows_the_table_or_leaves_the_state_and_names_it(state, name):
    version = ApiVersion(state=state)

    if (state, name) in VERSION_MOVES:
        move(version, name)
        assert version.state == VERSION_MOVES[state, name]
        return
    with pytest.raises(DomainError) as caught:
        move(version, name)
    assert caught.value.kind is WRONG_STATE
    assert version.state == state
    assert STATE_WORDS[state].en in caught.value.detail.en
    assert STATE_WORDS[state].fr in caught.value.detail.fr


def test_every_state_has_its_words():
    assert set(STATE_WORDS) == set(VersionState)
