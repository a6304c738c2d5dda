"""Roles and what each may do, as one table.

A role is held in an organisation: a department's roles bind its own APIs, a consuming organisation's roles its own
applications. The operator's role is held in the one operating organisation and reaches everything.
Default deny: what a row does not name is refused.
"""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is here for."""

    CONSUMER = "consumer"
    DEPARTMENT = "department"
    OPERATOR = "operator"


class Role(StrEnum):
    """What a member is to an organisation."""

    DEVELOPER = "developer"
    PUBLISHER = "publisher"
    OPERATOR = "operator"


class Permission(StrEnum):
    """One thing that a person may be allowed to do, on the things of one organisation."""

    READ_ORGANISATION = "organisation:read"
    EDIT_ORGANISATION = "organisation:edit"
    CREATE_DEPARTMENT = "department:create"
    READ_DRAFTS = "api:read"
    EDIT_API = "api:edit"
    PUBLISH_API = "api:publish"
    READ_APPLICATION = "application:read"
    EDIT_APPLICATION = "application:edit"
    SUSPEND_APPLICATION = "application:suspend"
    SUBSCRIBE = "subscription:edit"
    REVOKE_SUBSCRIPTION = "subscription:revoke"
    READ_USAGE = "usage:read"
    READ_AUDIT = "audit:read"
    MANAGE_TOKENS = "token:edit"


_DEVELOPER = frozenset(
    {
        Permission.READ_ORGANISATION,
        Permission.EDIT_ORGANISATION,
        Permission.READ_APPLICATION,
        Permission.EDIT_APPLICATION,
        Permission.SUBSCRIBE,
        Permission.READ_USAGE,
        Permission.MANAGE_TOKENS,
    }
)
_PUBLISHER = frozenset(
    {
        Permission.READ_ORGANISATION,
        Permission.EDIT_ORGANISATION,
        Permission.READ_DRAFTS,
        Permission.EDIT_API,
        Permission.PUBLISH_API,
        Permission.REVOKE_SUBSCRIPTION,
        Permission.READ_USAGE,
        Permission.READ_AUDIT,
        Permission.MANAGE_TOKENS,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.DEVELOPER: _DEVELOPER,
    Role.PUBLISHER: _PUBLISHER,
    Role.OPERATOR: frozenset(Permission),
}
"""What each role may do in its organisation; an operator's reach is every organisation."""

ROLES_OF_KIND: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.CONSUMER: frozenset({Role.DEVELOPER}),
    OrganisationKind.DEPARTMENT: frozenset({Role.PUBLISHER}),
    OrganisationKind.OPERATOR: frozenset({Role.OPERATOR}),
}
"""Which roles exist in which kind of organisation."""
