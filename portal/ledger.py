"""Whether calls can be counted: for everybody on the page of the status, and for operators on every page."""

from gateway.domain.roles import Role
from gateway.services.actor import Actor
from portal.context import house


def ledger_answers() -> bool:
    """Whether the ledger does; it may be waited for, and nothing is spent."""
    return house().ledger.standing().answers


def is_to_be_told(actor: Actor) -> bool:
    """Whether this person runs the store, and its ledger does not answer."""
    return Role.OPERATOR in actor.roles.values() and not ledger_answers()
