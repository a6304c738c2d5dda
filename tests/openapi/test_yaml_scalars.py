import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi import yaml_scalars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("true", True), ("False", False),
        ("0", 0), ("-12", -12), ("+7", 7), ("012", 12), ("0o14", 12), ("0xfF", 255),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-2.", -2.0),
    ],
)  # fmt: skip
def test_core_scalars_of_yaml_1_2_have_their_value(text, value):
    read = yaml_scalars.plain(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "off",
        "yes",
        "No",
        "y",
        "12:30:00",
        "1:20",
        "2026-11-22",
        "1_000",
        "0b1",
        "0o9",
        "1.2.3",
        "3.0.3",
        "nul",
        "+",
        "-",
        ".",
        "=",
        "tRue",
        "١٢",
    ],
)
def test_what_only_yaml_1_1_read_otherwise_stays_text(text):
    assert yaml_scalars.plain(text) == text


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999", "-1e999", "9" * 5000])
def test_numbers_that_json_cannot_hold_are_refused(text):
    with pytest.raises(yaml_scalars.NotANumber):
        yaml_scalars.plain(text)


@given(st.text())
def test_any_text_has_a_value_or_is_no_number(text):
    try:
        value = yaml_scalars.plain(text)
    except yaml_scalars.NotANumber:
        return
    assert isinstance(value, str | int | float | None)


def test_a_tag_chooses_the_type():
    assert yaml_scalars.tagged(yaml_scalars.PREFIX + "str", "12") == "12"
    assert yaml_scalars.tagged(yaml_scalars.PREFIX + "int", "12") == 12

    with pytest.raises(ValueError, match="not a value"):
        yaml_scalars.tagged(yaml_scalars.PREFIX + "int", "twelve")


@pytest.mark.parametrize("text", ["1e400", "-1e400"])
def test_json_numbers_must_be_finite_and_of_bearable_length(text):
    with pytest.raises(yaml_scalars.NotANumber):
        yaml_scalars.real(text)
    with pytest.raises(yaml_scalars.NotANumber):
        yaml_scalars.whole("9" * 400)

    assert (yaml_scalars.real("1.5"), yaml_scalars.whole("15")) == (1.5, 15)
