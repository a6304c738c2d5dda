"""Dates, times, numbers and sizes in both languages."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from flask import Flask, render_template_string

from portal import formats
from portal.language import in_language, install_language

EVENING = datetime(2026, 11, 22, 23, 57, tzinfo=UTC)
NB = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def app():
    app = Flask("formats", static_folder=None)
    install_language(app)
    return app


@pytest.mark.parametrize(
    ("name", "value", "english", "french"),
    [
        ("day", date(2026, 11, 22), f"November{NB}22, 2026", f"22{NB}novembre 2026"),
        ("day", date(2026, 11, 1), f"November{NB}1, 2026", f"1er{NB}novembre 2026"),
        ("day", date(2026, 11, 11), f"November{NB}11, 2026", f"11{NB}novembre 2026"),
        ("clock", EVENING, f"23:57{NB}UTC", f"23{NB}h{NB}57{NB}UTC"),
        (
            "clock_to_the_second",
            EVENING.replace(second=4),
            f"23:57:04{NB}UTC",
            f"23{NB}h{NB}57{NB}min{NB}4{NB}s{NB}UTC",
        ),
        ("number", 1234567.5, "1,234,567.5", f"1{NB}234{NB}567,5"),
        ("percent", 0.125, "12.5%", f"12,5{NB}%"),
        ("percent", 1, "100%", f"100{NB}%"),
        ("duration", 42, "42 seconds", "42 secondes"),
        ("duration", timedelta(hours=3), "3 hours", "3 heures"),
        ("file_size", 10_485_760, f"10{NB}MiB", f"10{NB}Mio"),
        ("file_size", 1_600, f"1.6{NB}KiB", f"1,6{NB}Kio"),
        ("file_size", 12, "12 bytes", "12 octets"),
    ],
)
def test_a_value_reads_as_its_language_writes_it(app, name, value, english, french):
    write = getattr(formats, name)

    with app.app_context():
        with in_language("en"):
            in_english = write(value)
        with in_language("fr"):
            in_french = write(value)

    assert (in_english, in_french) == (english, french)


def test_a_time_from_another_zone_is_shown_in_utc_for_people_and_machines(app):
    in_ottawa = EVENING.astimezone(timezone(timedelta(hours=-5)))

    with app.app_context():
        shown = formats.moment(in_ottawa)

    assert shown == f'<time datetime="2026-11-22T23:57:00Z">November{NB}22, 2026, 23:57{NB}UTC</time>'


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        formats.clock(datetime(2026, 11, 22, 23, 57))


def test_how_long_ago_is_seen_from_the_now_that_is_given(app):
    with app.app_context(), in_language("fr"):
        shown = formats.relative(EVENING, EVENING + timedelta(hours=3))

    assert "il y a 3 heures" in shown


def test_a_number_written_in_a_template_follows_the_language_of_each_reading(app):
    with app.app_context():
        with in_language("en"):
            in_english = render_template_string("{{ 1500|number }}")
        with in_language("fr"):
            in_french = render_template_string("{{ 1500|number }}")

    assert (in_english, in_french) == ("1,500", f"1{NB}500")
