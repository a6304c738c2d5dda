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
    "keyless": _l("Without a key"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "major": _l("Version"),
    "most_in_flight": _l("Calls at once"),
    "name": _l("Name"),
    "name_en": _l("Name in English"),
    "name_fr": _l("Name in French"),
    "near": _l("At 80 per cent"),
    "operations": _l("Operations"),
    "organisation_id": _l("Organisation"),
    "path": _l("Path"),
    "plan": _l("Plan"),
    "retries": _l("Tries more"),
    "revision": _l("Revision"),
    "role": _l("Role"),
    "scopes": _l("Scopes"),
    "sha256": _l("SHA-256"),
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

VALUES: dict[str, dict[str, Any]] = {
    "kind": {"key": _l("API key"), "secret": _l("Client secret")},
    "language": {"en": _l("English"), "fr": _l("French")},
    "role": {"developer": _l("developer"), "operator": _l("operator"), "publisher": _l("publisher")},
    "state": {
        "active": _l("active"),
        "cancelled": _l("cancelled"),
        "checked": _l("checked"),
        "closed": _l("closed"),
        "deprecated": _l("deprecated"),
        "draft": _l("draft"),
        "published": _l("published"),
        "requested": _l("requested"),
        "retired": _l("retired"),
        "revoked": _l("revoked"),
        "suspended": _l("suspended"),
    },
}
"""What the values of a field are called; those of others are somebody's own words."""

PERIODS: dict[str, Any] = {
    "minute": _l("a minute"),
    "hour": _l("an hour"),
    "day": _l("a day"),
    "week": _l("a week"),
    "month": _l("a month"),
}
"""In which the number of a limit holds."""

_LONGEST = 120


def field_name(key: str) -> str:
    """A field, by its name."""
    return str(FIELDS.get(key, key))


def short(key: str, value: Any) -> str:
    """The value of a field as short text; empty for what is not there."""
    text = str(VALUES.get(key, {}).get(value) or value) if isinstance(value, str) else _text(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return ", ".join(_part(key, text) for key, part in value.items() if (text := _text(part)))
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    return str(value)


def _part(key: str, text: str) -> str:
    return f"{text} {PERIODS[key]}" if key in PERIODS else f"{field_name(key)} {text}"
