"""The fields of a form that says limits: one for each window of the calendar, and rows for every other kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, StopValidation

from gateway.domain.calendars import Period
from gateway.domain.plans import Window
from gateway.services.limits import MOST_CALLS, MOST_LIMITS
from portal.forms import PageForm, WholeNumber

_LIMIT_WORDS = _l("Give a number from 1 to 1,000,000,000, or leave it empty.")

_PLAIN: dict[Period, str] = {
    "minute": "per_minute",
    "hour": "per_hour",
    "day": "per_day",
    "week": "per_week",
    "month": "per_month",
}
"""Each window of the calendar that binds the application, and the field that holds its limit."""

_MORE = range(1, MOST_LIMITS + 1)
_BLANK = 2
"""How many empty rows are offered."""

_IN = [
    SelectChoice("rate/second", _l("a second, as a rate")),
    SelectChoice("rate/minute", _l("a minute, as a rate")),
    SelectChoice("rate/hour", _l("an hour, as a rate")),
    SelectChoice("concurrency/call", _l("at the same time, under way")),
    SelectChoice("rolling/minute", _l("any 60 seconds")),
    SelectChoice("rolling/hour", _l("any 60 minutes")),
    SelectChoice("rolling/day", _l("any 24 hours")),
    SelectChoice("rolling/week", _l("any 7 days")),
    SelectChoice("rolling/month", _l("any 31 days")),
    SelectChoice("calendar/minute", _l("each minute of the calendar")),
    SelectChoice("calendar/hour", _l("each hour of the calendar")),
    SelectChoice("calendar/day", _l("each day of the calendar")),
    SelectChoice("calendar/week", _l("each week of the calendar")),
    SelectChoice("calendar/month", _l("each month of the calendar")),
]

_OF = [
    SelectChoice("application", _l("the application")),
    SelectChoice("credential", _l("each of its credentials")),
    SelectChoice("user", _l("each of its end users")),
    SelectChoice("operation", _l("each operation it calls")),
]

_COST_LINE = 2
_ROW = ("limit", "within", "whose", "burst")


def _limit(label: str) -> WholeNumber:
    return WholeNumber(label, [Optional(), NumberRange(1, MOST_CALLS, message=_LIMIT_WORDS)])


class _Alone:
    """A burst says nothing without its limit, and only a rate has one."""

    def __call__(self, form: Form, field: Any) -> None:
        row = field.name.removeprefix("burst_")
        if not form[f"within_{row}"].data.startswith("rate/"):
            raise StopValidation(_("Only a rate has a burst."))
        if form[f"limit_{row}"].data is None:
            raise StopValidation(_("Give the limit too."))


class _Limits(PageForm):
    """The limits that a form says; its rows (`limit_1`, `within_1`, `whose_1`, `burst_1` and so on) are below."""

    per_minute = _limit(_l("Calls a minute"))
    per_hour = _limit(_l("Calls an hour"))
    per_day = _limit(_l("Calls a day"))
    per_week = _limit(_l("Calls a week"))
    per_month = _limit(_l("Calls a month"))


for _number in _MORE:
    setattr(_Limits, f"limit_{_number}", _limit(_l("Calls")))
    setattr(_Limits, f"within_{_number}", SelectField(_l("In what time"), choices=_IN, default=_IN[0].value))
    setattr(_Limits, f"whose_{_number}", SelectField(_l("Of whom"), choices=_OF, default=_OF[0].value))
    _at_once = [Optional(), NumberRange(1, MOST_CALLS, message=_LIMIT_WORDS), _Alone()]
    setattr(_Limits, f"burst_{_number}", WholeNumber(_l("At once"), _at_once))


class LimitsForm(_Limits):
    """A form that says limits, and what operations cost."""

    costs = TextAreaField(_l("Operations that cost more than one call"), [Optional()])

    def plain_limits(self) -> list[Any]:
        """The fields of the calendar."""
        return [self[name] for name in _PLAIN.values()]

    def more_limits(self) -> list[tuple[int, list[Any]]]:
        """The rows that are to be shown: those that are filled, and some that are not."""
        rows = {number: [self[f"{name}_{number}"] for name in _ROW] for number in _MORE}
        last = max((number for number, fields in rows.items() if _said(fields)), default=0)
        return [(number, fields) for number, fields in rows.items() if number <= last + _BLANK]

    def windows(self) -> tuple[Window, ...]:
        """The limits that are given."""
        return (*self._plain(), *self._more())

    def costs_given(self) -> dict[str, int]:
        """The costs that are given, by operation."""
        return dict(_cost_of(line) for line in _lines(self.costs.data))

    def validate_costs(self, field: Any) -> None:
        """Say which line cannot be read."""
        for line in _lines(field.data):
            _cost_of(line)

    def _plain(self) -> Iterator[Window]:
        for period, name in _PLAIN.items():
            if (limit := self[name].data) is not None:
                yield Window(period, limit)

    def _more(self) -> Iterator[Window]:
        for number in _MORE:
            limit, within, whose, burst = (self[f"{name}_{number}"].data for name in _ROW)
            if limit is not None:
                kind, _slash, period = within.partition("/")
                yield Window(period, limit, kind, burst or 0, whose)


def data_of(windows: Sequence[Window], costs: Mapping[str, int]) -> dict[str, Any]:
    """What the fields hold that say these."""
    data: dict[str, Any] = {"costs": "\n".join(f"{cost} {name}" for name, cost in costs.items())}
    others = []
    for window in windows:
        if window.kind == "calendar" and window.per == "application" and window.period in _PLAIN:
            data[_PLAIN[window.period]] = window.limit
        else:
            others.append(window)
    for number, window in enumerate(others, 1):
        data[f"limit_{number}"] = window.limit
        data[f"within_{number}"] = f"{window.kind}/{window.period}"
        data[f"whose_{number}"] = window.per
        data[f"burst_{number}"] = window.burst or None
    return data


def _said(fields: Sequence[Any]) -> bool:
    limit, _within, _whose, burst = fields
    return any(field.data is not None or field.errors for field in (limit, burst))


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _cost_of(line: str) -> tuple[str, int]:
    cost, *name = line.split()
    if not (cost.isascii() and cost.isdecimal() and len(cost) < len(str(MOST_CALLS)) and len(name) == _COST_LINE):
        raise ValidationError(_("“%(line)s” is not a cost, a method and a path.", line=line))
    return " ".join(name), int(cost)
