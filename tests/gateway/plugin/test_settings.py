"""What is said of a plugin's settings, in both languages."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.plugin.settings import (
    NO_SUCH_SETTING,
    OTHERWISE,
    REQUIRED,
    expected,
    faults_of,
    hint_of,
    label_of,
    settings_of,
)
from gateway.words import Words

UNEVEN = Words("Give an even number.", "Donnez un nombre pair.")
TOGETHER = Words("Give both or neither.", "Donnez les deux, ou aucun.")


def even(value: int) -> None:
    if value % 2:
        raise ValidationError([UNEVEN])


class Config(Schema):
    most = fields.Integer(required=True, validate=[validate.Range(min=0), even], data_key="most-bytes")
    names = fields.List(fields.String())
    seen = fields.String(dump_only=True)

    @validates_schema
    def together(self, data: dict[str, Any], **_options: Any) -> None:
        if data.get("most") == 0 and "names" in data:
            raise ValidationError([TOGETHER])


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"most-bytes": 2, "names": ["a"]}, {}),
        ({}, {"most-bytes": REQUIRED}),
        ({"most-bytes": 2, "x": 1}, {"x": NO_SUCH_SETTING}),
        ({"most-bytes": 2, "seen": "x"}, {"seen": NO_SUCH_SETTING}),
        ({"most-bytes": 3}, {"most-bytes": UNEVEN}),
        ({"most-bytes": 0, "names": []}, {"": TOGETHER}),
        ({"most-bytes": "x"}, {"most-bytes": expected(settings_of(Config)["most-bytes"])}),
        ({"most-bytes": 2, "names": ["a", 1]}, {"names": expected(settings_of(Config)["names"])}),
    ],
)
def test_each_setting_at_fault_is_named_with_what_is_wrong(given, faults):
    assert faults_of(Config, given) == faults


@pytest.mark.parametrize(
    ("field", "en", "fr"),
    [
        (fields.Integer(), "a whole number", "un nombre entier"),
        (
            fields.Integer(validate=validate.Range(0, 9, max_inclusive=False)),
            "a whole number, at least 0, less than 9",
            "un nombre entier, au moins 0, moins de 9",
        ),
        (
            fields.Float(validate=validate.Range(0, 1, min_inclusive=False)),
            "a number, more than 0, at most 1",
            "un nombre, plus de 0, au plus 1",
        ),
        (fields.Boolean(), "true or false", "vrai ou faux"),
        (fields.AwareDateTime(), "a date and a time, with its offset", "une date et une heure, avec son décalage"),
        (fields.Date(), "a date", "une date"),
        (
            fields.String(validate=validate.Length(min=2, max=3)),
            "a text, of length 2 or more, of length 3 or less",
            "un texte, de longueur 2 ou plus, de longueur 3 ou moins",
        ),
        (fields.String(validate=validate.Length(equal=2)), "a text, of length 2", "un texte, de longueur 2"),
        (fields.String(validate=validate.OneOf(["a", "{b}"])), "a text, one of a, {b}", "un texte, parmi a, {b}"),
        (
            fields.List(fields.Integer(), validate=validate.Length(max=2)),
            "a list, of length 2 or less, each of its values a whole number",
            "une liste, de longueur 2 ou moins, chacune de ses valeurs étant un nombre entier",
        ),
        (fields.List(fields.Dict()), "a list", "une liste"),
    ],
)
def test_one_sentence_tells_the_whole_rule(field, en, fr):
    assert expected(field) == Words(f"Expected: {en}.", f"Valeur attendue\u00a0: {fr}.")


def test_of_a_kind_that_is_not_known_nothing_is_claimed():
    assert expected(fields.Dict()) is OTHERWISE


def test_a_schema_that_speaks_no_french_is_not_quoted():
    class Strict(Schema):
        @validates_schema
        def never(self, _data: dict[str, Any], **_options: Any) -> None:
            raise ValidationError("No way.")

    assert faults_of(Strict, {}) == {"": OTHERWISE}


def test_a_setting_is_called_what_its_plugin_calls_it_or_else_its_name():
    label, hint = Words("Most", "Maximum"), Words("In bytes.", "En octets.")
    told = fields.Integer(metadata={"label": label, "hint": hint})

    assert (label_of("most", told), hint_of(told)) == (label, hint)
    assert (label_of("most", fields.Integer()), hint_of(fields.Integer())) == (Words("most", "most"), None)
