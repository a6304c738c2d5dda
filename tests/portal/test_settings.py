"""Settings as fields of a form: what is typed is what the configuration holds, and the other way round."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, missing, validate
from werkzeug.datastructures import MultiDict

from gateway.words import Words
from portal.forms import PageForm
from portal.settings import field_of, read, shown

AWARE = fields.AwareDateTime()


@pytest.mark.parametrize(
    ("setting", "typed", "value"),
    [
        (fields.Integer(), "1 048 576", 1_048_576),
        (fields.Integer(), "-5", -5),
        (fields.Integer(), "many", "many"),
        (fields.Integer(), "9" * 5_000, "9" * 5_000),
        (fields.Float(), "0,5", 0.5),
        (fields.Float(), "half", "half"),
        (fields.Decimal(), "0.5", "0.5"),
        (fields.String(), " a b ", "a b"),
        (fields.Email(), "a@b.ca", "a@b.ca"),
        (fields.Date(), "2026-12-01", "2026-12-01"),
        (AWARE, "2026-12-01T06:00", "2026-12-01T06:00:00+00:00"),
        (AWARE, "2026-12-01T06:00-05:00", "2026-12-01T06:00:00-05:00"),
        (AWARE, "tomorrow", "tomorrow"),
        (fields.NaiveDateTime(), "2026-12-01T06:00", "2026-12-01T06:00"),
        (fields.DateTime(format="timestamp"), "1795262400", "1795262400"),
        (fields.List(fields.String()), "a\r\n\r\n b ", ["a", "b"]),
        (fields.List(fields.Integer()), "1\nx", [1, "x"]),
        (fields.List(fields.Dict()), '[{"a": 1}]', [{"a": 1}]),
        (fields.Dict(), '{"a": [1]}', {"a": [1]}),
        (fields.Dict(), "{", "{"),
        (fields.Dict(), "[" * 100_000, "[" * 100_000),
        (fields.Integer(), " ", missing),
        (AWARE, None, missing),
        (fields.Boolean(), True, True),
        (fields.Boolean(), None, False),
    ],
)
def test_what_is_typed_is_read_as_its_kind_or_left_for_the_schema_to_refuse(setting, typed, value):
    assert read(setting, typed) == value


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        (AWARE, "2026-12-01T06:00:00-05:00", "2026-12-01T11:00"),
        (AWARE, "2026-12-01T06:00:07+00:00", "2026-12-01T06:00:07"),
        (AWARE, "never", "never"),
        (AWARE, "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+05:00"),
        (fields.AwareDateTime(load_default=datetime(2026, 12, 1, 6, tzinfo=UTC)), missing, "2026-12-01T06:00"),
        (fields.Integer(load_default=5), missing, "5"),
        (fields.Integer(load_default=lambda: 5), missing, ""),
        (fields.Integer(), missing, ""),
        (fields.String(), None, ""),
        (fields.List(fields.String()), ["a", "b"], "a\nb"),
        (fields.List(fields.String()), "a", "a"),
        (fields.Dict(), {"é": 1}, '{\n  "é": 1\n}'),
        (fields.Boolean(load_default=True), missing, True),
        (fields.Boolean(), missing, False),
    ],
)
def test_a_field_shows_what_holds(setting, value, text):
    assert shown(setting, value) == text


@given(st.lists(st.from_regex(r"[a-z0-9][a-z0-9 ]{0,8}[a-z0-9]", fullmatch=True)))
def test_a_list_comes_back_as_it_was_shown(values):
    setting = fields.List(fields.String())

    assert (read(setting, shown(setting, values)) or []) == values or not values


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 1), max_value=datetime(2900, 1, 1)))
def test_a_moment_comes_back_as_the_same_moment_to_the_second(moment):
    back = datetime.fromisoformat(read(AWARE, shown(AWARE, moment.isoformat())))

    assert abs((back - moment).total_seconds()) < 1


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        (fields.Boolean(), ['type="checkbox"']),
        (fields.Integer(), ['type="text"']),
        (fields.Date(), ['type="date"']),
        (AWARE, ['type="datetime-local"']),
        (fields.List(fields.String()), ["<textarea"]),
        (fields.Dict(), ["<textarea"]),
        (fields.String(validate=validate.OneOf(["a", "b"])), ["<select", '<option value="">–', '<option value="b">']),
        (fields.String(required=True, validate=validate.OneOf(["a"])), ["<select", '<option value="a">']),
    ],
)
def test_each_kind_of_setting_has_its_kind_of_field(site, setting, parts):
    with site.app.test_request_context("/en/"):
        form = type("Form", (PageForm,), {"one": field_of("one", setting)})(MultiDict())

        assert [part for part in parts if part not in form.one()] == []


@pytest.mark.parametrize(
    ("path", "label", "hint"),
    [
        ("/en/", "Until", "Soon. The date and the time are in UTC."),
        ("/fr/", "Jusqu’à", "Bientôt. La date et l’heure sont en UTC."),
    ],
)
def test_a_field_is_labelled_in_the_language_of_the_page(site, path, label, hint):
    words = {"label": Words("Until", "Jusqu’à"), "hint": Words("Soon.", "Bientôt.")}
    with site.app.test_request_context(path):
        form = type("Form", (PageForm,), {"one": field_of("one", fields.DateTime(metadata=words))})(MultiDict())

        assert (form.one.label.text, form.one.description) == (label, hint)
