"""Who judges must be able to say no: each expectation here is wrong in one thing."""

from dataclasses import replace

import pytest

from tests.wire.cases import read_case
from tests.wire.playing import play

RIGHT = """Rule 0.

> client sends
POST /api/weather/v1/a?b HTTP/1.1\\r\\n
Host: guichet.example.ca\\r\\n
X-API-Key: {key}\\r\\n
X-Own: a\\r\\n
Content-Length: 5\\r\\n
\\r\\n
hello
> service gets
POST /a?b HTTP/1.1
{usual}
X-Own: a
Content-Length: 5

hello
> client gets
200
  Content-Length: 2
  no X-Other
  body ok
open
"""
REFUSED = RIGHT.replace("X-Own: a\\r", "Via: 1.1 {gateway}\\r")


def test_what_is_right_passes(lane):
    play(lane, read_case("right", RIGHT))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("200\n", "201\n"),
        ("200\n", "200 problem\n"),
        ("200\n", "100\n200\n"),
        ("  body ok", "  body no"),
        ("  body ok", "  cut off"),
        ("  Content-Length: 2", "  Content-Length: 3"),
        ("  no X-Other", "  no Content-Length"),
        ("  no X-Other", "  what is this"),
        ("open\n", "shut\n"),
        ("POST /a?b HTTP", "POST /a HTTP"),
        ("X-Own: a\nC", "C"),
        ("X-Own: a\nC", "X-Own: a\nX-Other: b\nC"),
        ("X-Own: a\nC", "X-Own: b\nC"),
        ("\n\nhello", "\n\nHello"),
        ("{usual}\n", ""),
        ("{usual}", "{usual}\nX-Forwarded-For: 192.0.2.1"),
    ],
)
def test_what_is_wrong_in_one_thing_fails(lane, right, wrong):
    assert RIGHT.count(right) == 1
    with pytest.raises((AssertionError, ValueError)):
        play(lane, read_case("wrong", RIGHT.replace(right, wrong)))


@pytest.mark.parametrize("gets", [("nothing",), ("nothing whole",)])
def test_what_reached_the_service_is_not_nothing(lane, gets):
    with pytest.raises(AssertionError):
        play(lane, replace(read_case("wrong", RIGHT), gets=(gets,)))


def test_a_refusal_must_be_the_one_that_is_expected(lane):
    wanted = REFUSED.partition("> service gets")[0] + "> service gets\nnothing\n> client gets\n508 {}\nopen\n"

    play(lane, read_case("right", wanted.replace("{}", "loop-detected")))
    with pytest.raises(AssertionError):
        play(lane, read_case("wrong", wanted.replace("{}", "unknown-api")))


def test_a_connection_that_stays_open_is_not_closed(lane):
    closing = RIGHT.replace("X-Own: a\\r\\n", "X-Own: a\\r\\nConnection: close\\r\\n")

    play(lane, read_case("right", closing.replace("open\n", "closed\n")))
    with pytest.raises(AssertionError):
        play(lane, read_case("wrong", closing))
