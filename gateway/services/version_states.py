"""Moves of an API version, and what each state is called.

The law of what may follow what is `VERSION_MOVES` (gateway/domain/lifecycle.py); this only applies it to a row.
"""

from gateway.domain.errors import WRONG_STATE, DomainError
from gateway.domain.lifecycle import VERSION_MOVES, VersionState
from gateway.store.catalogue import ApiVersion
from gateway.words import Words

STATE_WORDS: dict[VersionState, Words] = {
    VersionState.DRAFT: Words("draft", "ébauche"),
    VersionState.CHECKED: Words("checked", "vérifiée"),
    VersionState.PUBLISHED: Words("published", "publiée"),
    VersionState.DEPRECATED: Words("deprecated", "en fin de vie"),
    VersionState.RETIRED: Words("retired", "retirée"),
}
"""How a version's state is said to people; “version” is feminine in French."""


def next_state(version: ApiVersion, move: str) -> VersionState:
    """Where a move would lead; WRONG_STATE if it cannot be made from here."""
    try:
        return VERSION_MOVES[VersionState(version.state), move]
    except KeyError:
        raise wrong_state(version) from None


def move(version: ApiVersion, name: str) -> None:
    """Make a move; WRONG_STATE if it cannot be made from here."""
    version.state = next_state(version, name)


def wrong_state(version: ApiVersion) -> DomainError:
    """The refusal that names the present state."""
    state = VersionState(version.state)
    return DomainError(WRONG_STATE, members={"state": str(state)}, state=STATE_WORDS[state])
