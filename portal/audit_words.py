"""What the audit trail tells of things, as words: fields by their names, and values that are words of ours.

A field or a value that is not here (a plugin's setting, an address, a number) shows as it is.
"""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

FIELDS: dict[str, Any] = {
    "allows_api_key": _l("API keys"),
    "allows_upgrade": _l("Other protocols"),
    "api": _l("API"),
    "application": _l("Application"),
    "authorities": _l("Authorities"),
    "base_url": _l("Address"),
    "caps": _l("Caps"),
    "certificate": _l("Certificate"),
    "check": _l("Health checks"),
    "code": _l("Short name"),
    "connect": _l("to connect"),
    "costs": _l("Costs"),
    "defaults": _l("Usual limits"),
    "description_en": _l("Description in English"),
    "description_fr": _l("Description in French"),
    "every": _l("every (seconds)"),
    "expires_at": _l("Expires"),
    "first_byte": _l("for the first byte"),
    "host": _l("Host"),
    "idle": _l("between two parts"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "major": _l("Version"),
    "most_in_flight": _l("Calls at once"),
    "name": _l("Name"),
    "name_en": _l("Name in English"),
    "name_fr": _l("Name in French"),
    "near": _l("At 80 per cent"),
    "organisation_id": _l("Organisation"),
    "path": _l("Path"),
    "plan": _l("Plan"),
    "retries": _l("Tries more"),
    "revision": _l("Revision"),
    "role": _l("Role"),
    "scopes": _l("Scopes"),
    "slug": _l("Short name"),
    "spent": _l("At 100 per cent"),
    "state": _l("State"),
    "targets": _l("Addresses"),
    "timeout": _l("longest wait (seconds)"),
    "title_en": _l("Title in English"),
    "title_fr": _l("Title in French"),
    "total": _l("in all"),
    "waits": _l("Longest waits (seconds)"),
    "weight": _l("weight"),
    "when_away": _l("While calls cannot be counted"),
    "windows": _l("Limits"),
}
"""What a field is called."""

VALUES: dict[str, Any] = {
    "active": _l("active"),
    "cancelled": _l("cancelled"),
    "checked": _l("checked"),
    "closed": _l("closed"),
    "day": _l("a day"),
    "deprecated": _l("deprecated"),
    "developer": _l("developer"),
    "draft": _l("draft"),
    "hour": _l("an hour"),
    "minute": _l("a minute"),
    "month": _l("a month"),
    "operator": _l("operator"),
    "published": _l("published"),
    "publisher": _l("publisher"),
    "requested": _l("requested"),
    "retired": _l("retired"),
    "revoked": _l("revoked"),
    "suspended": _l("suspended"),
    "week": _l("a week"),
}
"""Where things stand, who does what, and how long periods are."""

_LONGEST = 120


def field_name(key: str) -> str:
    """A field, by its name."""
    return str(FIELDS.get(key, key))


def short(value: Any) -> str:
    """A value as short text; empty for what is not there."""
    text = _text(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _part(key: str, text: str) -> str:
    return f"{text} {VALUES[key]}" if key in VALUES else f"{field_name(key)} {text}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return ", ".join(_part(key, text) for key, part in value.items() if (text := _text(part)))
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    return str(VALUES.get(value, value) if isinstance(value, str) else value)
