"""What is logged: a line of JSON, in which no secret survives and no line break forges another."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.credentials.api_keys import SecretKind, mint_secret
from gateway.telemetry.logs import configure, redact

SECRETS = [mint_secret(kind, bytes(range(32))) for kind in SecretKind]
CANARY = "Canary0fTheC0alMine"
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()


@pytest.fixture
def written(capsys) -> Iterator[Callable[[Callable[[], object]], list[dict[str, Any]]]]:
    """What something logs, parsed line by line; the loggers are as they were afterwards."""
    root = logging.getLogger()
    before = (root.handlers, root.level)

    def lines_of(action: Callable[[], object]) -> list[dict[str, Any]]:
        configure()
        action()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield lines_of
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_cut_wherever_it_stands(secret):
    event = redact(None, "info", {"event": f"got {secret} from", "deep": {"a": [secret], f"k{secret}": 1}})

    assert secret not in json.dumps(event)
    assert "got [hidden] from" in event["event"]


@pytest.mark.parametrize("name", ["authorization", "Cookie", "client_secret", "password", "access_token", "X-API-Key"])
def test_what_is_named_like_a_secret_is_emptied(name):
    assert redact(None, "info", {name: "anything", "inner": {name: "more"}}) == {
        name: "[hidden]",
        "inner": {name: "[hidden]"},
    }


@pytest.mark.parametrize(
    "text",
    [
        f"POST /oauth/token?client_secret={CANARY}&scope=a",
        f"Authorization: Basic {CANARY}",
        f"Cookie: {CANARY}; other=1",
        f'{{"password": "two words {CANARY}"}}',
        f"{{'api_key': '{CANARY}'}}",
        f"Settings(secret='{CANARY}', port=1)",
        f"postgresql://guichet:{CANARY}@db.example.ca/guichet",
        f"Bearer {CANARY}",
        f"basic {CANARY}",
        f"eyJhbGciOiJF.eyJ{CANARY}.c2lnbmF0dXJl",
        f"gcs%5F{CANARY}{CANARY}",
    ],
)
def test_a_secret_in_a_text_is_cut_by_the_name_before_it_or_by_its_form(text):
    cut = json.dumps(redact(None, "info", {"event": text, "error": ValueError(text)}))

    assert CANARY not in cut
    assert cut.count("[hidden]") >= 2


@pytest.mark.parametrize("text", ["the Basic plan", "basic authentication", "GET /stations?limit=3", "no such table"])
def test_ordinary_words_are_left_as_they_are(text):
    assert redact(None, "info", {"event": text}) == {"event": text}


@dataclass(frozen=True)
class Holder:
    """Something that a careless line might hold."""

    client_secret: str


def test_what_is_no_text_is_looked_at_as_well(written):
    secrets = {"object": Holder(CANARY), "bytes": f"secret={CANARY}".encode(), "set": {SECRETS[0]}}

    (line,) = written(lambda: structlog.get_logger("six").info("six", **secrets))

    assert CANARY not in json.dumps(line)
    assert SECRETS[0] not in json.dumps(line)


@given(st.dictionaries(st.text(), st.recursive(VALUES, st.lists, max_leaves=5), max_size=3), st.text())
def test_no_secret_survives_whatever_surrounds_it(fields, around):
    event = redact(
        None, "info", fields | {"event": around + SECRETS[0] + around, "more": [fields, {around: SECRETS[0]}]}
    )

    told = json.dumps(event)
    assert SECRETS[0] not in told
    assert "\n" not in told


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\x85", "\u2028", "\x0b"])
def test_a_line_break_in_a_text_begins_no_new_line(written, break_):
    lines = written(lambda: structlog.get_logger("one").info("one", name=f'x{break_}{{"event":"forged"}}'))

    assert [line["event"] for line in lines] == ["one"]


@pytest.mark.parametrize("value", ["\ud800", 2**80, float("nan"), "\x1b[2J"])
def test_a_value_that_json_has_no_place_for_costs_no_line(written, value):
    (line,) = written(lambda: structlog.get_logger("odd").info("odd", value=value))

    assert line["event"] == "odd"


def test_the_standard_librarys_loggers_go_through_the_same_pipe(written):
    (line,) = written(lambda: logging.getLogger("someone.else").warning("leaked %s", SECRETS[0]))

    assert (line["event"], line["level"], line["logger"]) == ("leaked [hidden]", "warning", "someone.else")


def test_the_servers_own_lines_go_through_it_too(written):
    server = logging.getLogger("gunicorn.error")
    server.addHandler(logging.StreamHandler())
    server.propagate = False

    (line,) = written(lambda: server.warning("Invalid header: 'AUTHORIZATION: Bearer %s'", CANARY))

    assert line["event"] == "Invalid header: 'AUTHORIZATION: [hidden]'"


def test_a_line_that_cannot_be_made_is_not_shown_raw(written):
    two_wanted = "%s and %s"

    lines = written(lambda: logging.getLogger("careless").warning(two_wanted, CANARY))

    assert lines == [{"event": "a line that cannot be written", "logger": "careless"}]


def test_a_traceback_is_redacted_and_stays_on_one_line(written):
    (line,) = written(lambda: structlog.get_logger("two").error("failed", exc_info=ValueError(f"bad {SECRETS[1]}")))

    assert "ValueError: bad [hidden]" in line["exception"]
