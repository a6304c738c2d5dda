"""What is logged: a line of JSON, in which no secret survives and no line break forges another."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from gateway.credentials.api_keys import SecretKind, mint_secret
from gateway.telemetry.logs import configure, redact

SECRETS = [mint_secret(kind, bytes(range(32))) for kind in SecretKind]


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
    event = redact(None, "info", {"event": f"got {secret} from", "deep": {"a": [secret]}})

    assert secret not in json.dumps(event)
    assert "got [hidden] from" in event["event"]


@pytest.mark.parametrize("name", ["authorization", "Cookie", "client_secret", "password", "access_token", "X-API-Key"])
def test_what_is_named_like_a_secret_is_emptied(name):
    assert redact(None, "info", {name: "anything", "inner": {name: "more"}}) == {
        name: "[hidden]",
        "inner": {name: "[hidden]"},
    }


@pytest.mark.parametrize("text", ["Bearer abc.def", "Basic dXNlcjpwYXNz", "eyJhbGciOiJF.eyJzdWIiOiJh.c2lnbmF0dXJl"])
def test_credentials_of_protocols_are_cut_too(text):
    cut = redact(None, "info", {"event": f"header was {text}"})["event"]

    assert cut in {"header was [hidden]", f"header was {text.split()[0]} [hidden]"}


def test_a_line_break_in_a_text_begins_no_new_line(written):
    lines = written(lambda: structlog.get_logger("one").info("one", name='x\n{"event":"forged"}'))

    assert [line["event"] for line in lines] == ["one"]


def test_the_standard_librarys_loggers_go_through_the_same_pipe(written):
    (line,) = written(lambda: logging.getLogger("someone.else").warning("leaked %s", SECRETS[0]))

    assert (line["event"], line["level"]) == ("leaked [hidden]", "warning")


def test_a_traceback_is_redacted_and_stays_on_one_line(written):
    (line,) = written(lambda: structlog.get_logger("two").error("failed", exc_info=ValueError(f"bad {SECRETS[1]}")))

    assert "ValueError: bad [hidden]" in line["exception"]
