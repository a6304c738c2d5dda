"""Who acts, and what they may do. Default deny.

The clock enters the services here: `now` is the time of the request, given to everything that it changes.
An organisation's things do not exist for those outside it: they get NOT_FOUND, never FORBIDDEN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.domain.errors import FORBIDDEN, NOT_FOUND, NOT_SIGNED_IN, TOKEN_SCOPE, DomainError
from gateway.domain.roles import PERMISSIONS, Permission, Role
from gateway.words import Language


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone at our door: a person, a pipeline with a token, or the system itself.

    `roles` maps organisation ids to the role held there. `scopes` narrows what a token may do; None narrows nothing.
    `id` is the account's, or the token's where a pipeline acts for itself, and empty for a visitor. `token_id` names
    the token that was shown, if one was.
    """

    id: str
    name: str
    now: datetime
    language: Language = "en"
    roles: Mapping[str, Role] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    request_id: str = ""
    token_id: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Whether we know who this is."""
        return bool(self.id)

    @property
    def is_operator(self) -> bool:
        """Whether this reaches every organisation."""
        return Role.OPERATOR in self.roles.values()

    def may(self, permission: Permission, organisation_id: str) -> bool:
        """Whether this actor may do one thing to the things of one organisation."""
        role = Role.OPERATOR if self.is_operator else self.roles.get(organisation_id)
        held = PERMISSIONS[role] if role else frozenset()
        return permission in held and (self.scopes is None or permission in self.scopes)

    def require(self, permission: Permission, organisation_id: str) -> None:
        """Go on only if allowed.

        Raises:
            DomainError: NOT_SIGNED_IN, NOT_FOUND (not theirs), TOKEN_SCOPE or FORBIDDEN.
        """
        if self.may(permission, organisation_id):
            return
        if not self.is_signed_in:
            raise DomainError(NOT_SIGNED_IN)
        role = Role.OPERATOR if self.is_operator else self.roles.get(organisation_id)
        if role is None:
            raise DomainError(NOT_FOUND)
        if permission in PERMISSIONS[role]:
            raise DomainError(TOKEN_SCOPE, scope=str(permission))
        raise DomainError(FORBIDDEN)

    def require_scope(self, permission: Permission) -> None:
        """Go on, with what is one's own and no organisation's, unless a token was shown that may not do this.

        Raises:
            DomainError: NOT_SIGNED_IN, TOKEN_SCOPE.
        """
        if not self.is_signed_in:
            raise DomainError(NOT_SIGNED_IN)
        if self.scopes is not None and permission not in self.scopes:
            raise DomainError(TOKEN_SCOPE, scope=str(permission))

    def organisations_where(self, permission: Permission) -> frozenset[str]:
        """The organisations this actor belongs to and may do this in (an operator's reach is not listed)."""
        return frozenset(
            organisation_id
            for organisation_id, role in self.roles.items()
            if permission in PERMISSIONS[role] and (self.scopes is None or permission in self.scopes)
        )


def utc_now() -> datetime:
    """The present, to whole microseconds, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the clock enters here


def visitor(language: Language = "en", request_id: str = "") -> Actor:
    """Someone we do not know."""
    return Actor("", "", utc_now(), language, request_id=request_id)


def system(name: str = "guichet") -> Actor:
    """The product itself: seeding, housekeeping, the command line of whoever owns the machine."""
    return Actor("system", name, utc_now(), roles={"system": Role.OPERATOR})
