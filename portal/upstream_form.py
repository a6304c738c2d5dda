"""The form of where calls go: what was said of a service as text in fields, and what is typed as what is said.

The law: nothing is judged here. A number that cannot be read goes on as none at all (NaN), so that the services refuse
it and every fault is told at once; each field has the path by which they tell it. A private key is never shown back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.pipeline.service import Check, Waits
from gateway.services.upstream_laws import MOST_TARGETS, Place, Upstream
from portal.forms import PageForm
from portal.language import current_language

_BLANK_ROWS = 2
_KEY = "tls.key"

_PARTS = {
    "addresses": ("targets.",),
    "waits": ("waits.", "retries"),
    "health": ("check.",),
    "tls": ("tls.",),
    "bounds": ("most_in_flight", "allows_upgrade"),
}
"""The folded parts of the page, and how the names of their fields begin."""


@dataclass(frozen=True, slots=True)
class Row:
    """One address in the form, with its weight."""

    base_url: Any
    weight: Any


def form_of(said: Upstream, version: int) -> PageForm:
    """The form as it stands: what was said, or what was just typed; its addresses move up into rows left empty."""
    typed = _typed_rows()
    rows = len(typed) or min(max(len(said.targets), 1) + _BLANK_ROWS, MOST_TARGETS)
    # Made in the order of the page, which is the order in which faults are listed.
    made = dict(_rows_of_fields(rows)) | dict(_other_fields())
    held = dict(_held(said)) | {"version": version}
    kind: type[PageForm] = type("UpstreamForm", (PageForm,), made)
    return kind(data=held, formdata=_moved_up(typed)) if typed and request.method == "POST" else kind(data=held)


def rows_in(form: Any) -> list[Row]:
    """The addresses of the form, the first being the one that most services have alone."""
    count = sum(field.name.endswith(".base_url") for field in form)
    return [Row(form[f"targets.{number}.base_url"], form[f"targets.{number}.weight"]) for number in range(count)]


def said_in(form: Any) -> Upstream:
    """What is said by what was typed."""
    rows = rows_in(form)
    given = [Place(_text(row.base_url), _whole(row.weight, empty=1)) for row in rows if _text(row.base_url)]
    return Upstream(
        targets=tuple(given) or (Place(""),),
        waits=Waits(
            connect=_seconds(form["waits.connect"]),
            first_byte=_seconds(form["waits.first_byte"]),
            idle=_seconds(form["waits.idle"]),
            total=_seconds(form["waits.total"]) if _text(form["waits.total"]) else None,
        ),
        retries=_whole(form["retries"]),
        check=_check(form),
        authorities=_text(form["tls.authorities"]),
        certificate=_text(form["tls.certificate"]),
        key=_text(form[_KEY]),
        most_in_flight=_whole(form["most_in_flight"]),
        allows_upgrade=form["allows_upgrade"].data,
    )


def forget_key(form: Any) -> None:
    """Show nothing of the key that was typed, nor compare it with one that nobody is shown."""
    field = form[_KEY]
    field.raw_data = field.data = None
    if hasattr(field, "saved_now"):
        del field.saved_now


def open_parts(form: Any) -> frozenset[str]:
    """The parts that are to stand open: something in them is at fault, or was changed by somebody else."""
    names = [field.name for field in rows_apart(form) if field.errors or hasattr(field, "saved_now")]
    return frozenset(part for part, beginnings in _PARTS.items() if any(name.startswith(beginnings) for name in names))


def rows_apart(form: Any) -> Iterator[Any]:
    """The fields that stand in a folded part: all but the first address."""
    return (field for field in form if field.name != "targets.0.base_url")


def _rows_of_fields(count: int) -> Iterator[tuple[str, Any]]:
    for number in range(count):
        label = _l("Address of your service") if number == 0 else _l("Address %(number)s", number=number + 1)
        yield f"targets.{number}.base_url", StringField(label)
        yield f"targets.{number}.weight", StringField(_l("Weight of address %(number)s", number=number + 1))


def _other_fields() -> Iterator[tuple[str, Any]]:
    yield "version", IntegerField(validators=[Optional()], widget=HiddenInput())
    yield "waits.first_byte", StringField(_l("Seconds to wait for an answer"))
    yield "waits.connect", StringField(_l("Seconds to connect"))
    yield "waits.idle", StringField(_l("Seconds between two pieces of an answer"))
    yield "waits.total", StringField(_l("Seconds for the whole call"))
    yield "retries", StringField(_l("How often a call may be tried again"))
    yield "check.path", StringField(_l("Path to ask for"))
    yield "check.every", StringField(_l("Seconds between two checks"))
    yield "check.timeout", StringField(_l("Seconds that a check may take"))
    yield "tls.authorities", TextAreaField(_l("Authorities to trust"))
    yield "tls.certificate", TextAreaField(_l("Certificate that the gateway shows"))
    yield _KEY, TextAreaField(_l("Private key of that certificate"))
    yield "most_in_flight", StringField(_l("Calls under way at once, at most"))
    yield "allows_upgrade", BooleanField(_l("A connection may become a WebSocket, or another protocol’s"))


def _held(said: Upstream) -> Iterator[tuple[str, Any]]:
    for number, place in enumerate(said.targets):
        yield f"targets.{number}.base_url", place.base_url
        yield f"targets.{number}.weight", _shown(place.weight)
    check = said.check or Check("")
    numbers = {
        "waits.connect": said.waits.connect,
        "waits.first_byte": said.waits.first_byte,
        "waits.idle": said.waits.idle,
        "waits.total": said.waits.total,
        "retries": said.retries,
        "check.every": check.every,
        "check.timeout": check.timeout,
        "most_in_flight": said.most_in_flight,
    }
    yield from ((name, _shown(value)) for name, value in numbers.items())
    yield "check.path", check.path
    yield "tls.authorities", said.authorities
    yield "tls.certificate", said.certificate
    yield "allows_upgrade", said.allows_upgrade


def _typed_rows() -> list[tuple[str, str]]:
    """The rows that were sent, each its address and its weight; none where no form was."""
    rows: list[tuple[str, str]] = []
    while len(rows) < MOST_TARGETS and f"targets.{len(rows)}.base_url" in request.form:
        name = f"targets.{len(rows)}"
        rows.append((request.form[f"{name}.base_url"], request.form.get(f"{name}.weight", "")))
    return rows


def _moved_up(rows: list[tuple[str, str]]) -> MultiDict[str, str]:
    """What was sent, with no empty row before a full one: the services count only the addresses that are given."""
    sent = MultiDict(request.form)
    for number, (base_url, weight) in enumerate(sorted(rows, key=lambda row: not row[0].strip())):
        sent[f"targets.{number}.base_url"], sent[f"targets.{number}.weight"] = base_url, weight
    return sent


def _check(form: Any) -> Check | None:
    path = _text(form["check.path"])
    return Check(path, _seconds(form["check.every"]), _seconds(form["check.timeout"])) if path else None


def _text(field: Any) -> str:
    return (field.data or "").strip()


def _seconds(field: Any) -> float:
    # A comma is a decimal one in French only: in English it may stand between thousands, and is refused.
    text = "".join(_text(field).split())
    if current_language() == "fr":
        text = text.replace(",", ".")
    whole, _point, part = text.partition(".")
    is_number = text.isascii() and len(text) <= 12 and whole.isdecimal() and (part or "0").isdecimal()
    return float(text) if is_number else nan


def _whole(field: Any, *, empty: float = nan) -> float:
    text = "".join(_text(field).split())
    if not text:
        return empty
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else nan


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    text = f"{value:g}" if value != int(value) else str(int(value))
    return text.replace(".", ",") if current_language() == "fr" else text
