"""Forms made from schemas: each setting of a plugin becomes a field, and what is typed becomes a value again.

The law: nothing is judged here. What cannot be read as the wanted kind of value goes on as it was typed, so that the
schema refuses it, and what stands beside the field is what every face tells (gateway/plugin/settings.py).
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, missing, validate
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateInput, DateTimeLocalInput

from gateway.plugin.settings import hint_of, label_of
from portal.language import of_words

_ISO = frozenset({None, "iso", "iso8601"})


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of setting is written down: in what field, with what said beside it, from and to its value."""

    field: Callable[..., Any]
    shown: Callable[[Any], str]
    read: Callable[[str], Any]
    hint: Any = ""


def field_of(key: str, setting: fields.Field[Any]) -> Any:
    """The field of a form for one setting; the form binds it."""
    words = {"label": of_words(label_of(key, setting)), "description": _hint(setting)}
    if isinstance(setting, fields.Boolean):
        return BooleanField(**words)
    if choices := _choices(setting):
        return SelectField(**words, choices=choices, validate_choice=False)
    return _way_of(setting).field(**words)


def shown(setting: fields.Field[Any], value: Any) -> Any:
    """What the field of a setting holds for a value of its configuration; `missing` shows what holds by itself."""
    if value is missing:
        value = setting.load_default
    if isinstance(setting, fields.Boolean):
        return value is True
    if value is missing or value is None or callable(value):
        return ""
    return _way_of(setting).shown(value)


def read(setting: fields.Field[Any], typed: Any) -> Any:
    """The value that was typed, as a configuration holds it; `missing` when the field was left empty."""
    if isinstance(setting, fields.Boolean):
        return bool(typed)
    text = (typed or "").strip()
    return _way_of(setting).read(text) if text else missing


def _way_of(setting: fields.Field[Any]) -> Way:
    if isinstance(setting, fields.List):
        each = _way_of(setting.inner)
        return _AS_JSON if each.field is TextAreaField else _lines(each)
    if isinstance(setting, fields.DateTime) and setting.format not in _ISO:
        return _AS_TEXT
    return next((way for kind, way in _WAYS if isinstance(setting, kind)), _AS_JSON)


def _lines(each: Way) -> Way:
    def shown_all(values: Any) -> str:
        return "\n".join(each.shown(value) for value in values) if isinstance(values, list | tuple) else str(values)

    def read_all(text: str) -> list[Any]:
        return [each.read(line.strip()) for line in text.splitlines() if line.strip()]

    return Way(TextAreaField, shown_all, read_all, _l("One on each line."))


def _choices(setting: fields.Field[Any]) -> list[SelectChoice]:
    listed = [rule.choices for rule in setting.validators if isinstance(rule, validate.OneOf)]
    if not (listed and isinstance(setting, fields.String)):
        return []
    none = [] if setting.required else [SelectChoice("", "–")]
    return [*none, *(SelectChoice(str(each), str(each)) for each in listed[0])]


def _hint(setting: fields.Field[Any]) -> str:
    own = hint_of(setting)
    kind = "" if isinstance(setting, fields.Boolean) else str(_way_of(setting).hint)
    return " ".join(filter(None, (of_words(own) if own else "", kind)))


def _with(widget: type[Any]) -> Callable[..., Any]:
    # The browser's own calendar; a browser without one takes the text.
    return lambda **options: StringField(**options, widget=widget())


def _whole(text: str) -> int | str:
    with suppress(ValueError):
        return int("".join(text.split()))
    return text


def _decimal(text: str) -> float | str:
    with suppress(ValueError):
        return float("".join(text.split()).replace(",", "."))
    return text


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _in_utc(value: Any) -> str:
    with suppress(ValueError, OverflowError):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        there = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
        return there.isoformat(timespec="seconds" if there.second else "minutes")
    return str(value)


def _from_utc(text: str) -> str:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return text


def _as_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _json(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return text


_AS_TEXT = Way(StringField, str, str)
_AS_JSON = Way(TextAreaField, _as_json, _json, _l("Write it as JSON."))
_WAYS: tuple[tuple[type[fields.Field[Any]], Way], ...] = (
    (fields.Integer, Way(StringField, str, _whole)),
    (fields.Float, Way(StringField, str, _decimal)),
    (fields.Decimal, _AS_TEXT),
    (fields.Date, Way(_with(DateInput), _iso, str)),
    (fields.Time, _AS_TEXT),
    (fields.NaiveDateTime, Way(_with(DateTimeLocalInput), _iso, str)),
    (fields.DateTime, Way(_with(DateTimeLocalInput), _in_utc, _from_utc, _l("The date and the time are in UTC."))),
    (fields.String, _AS_TEXT),
)
"""Each kind of field, and how it is written down; the first that fits is taken. Any other is written as JSON."""
