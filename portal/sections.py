"""The sections of the portal, and which of them a person may enter."""

from gateway.domain.roles import Role
from gateway.services.actor import Actor


def sections_of(actor: Actor) -> list[str]:
    """The names of the pages that begin the sections this person may enter, each nearer to their own work."""
    roles = set(actor.roles.values())
    entries = {
        "catalogue": True,
        "applications": Role.DEVELOPER in roles,
        "publish": bool(roles & {Role.PUBLISHER, Role.OPERATOR}),
        "operate": Role.OPERATOR in roles,
    }
    return [name for name, open_to in entries.items() if open_to]


def own_work(actor: Actor) -> str:
    """The name of the page where this person's own work is; a visitor's is the catalogue."""
    return sections_of(actor)[-1]
