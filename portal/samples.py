"""What a reader copies: command lines that work when pasted, JSON as text, and an example of each refusal.

The law: whatever came from a publisher's document is quoted for the shell and holds no control characters, so that a
pasted line does what it shows and nothing else. Nothing here asks for anything; all is given.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

import orjson

from gateway.domain.limit_words import words_of
from gateway.domain.plans import Window
from gateway.http.problems import Problem
from gateway.services.links import SPENT
from gateway.upstream.addresses import PRIVATE
from gateway.words import LANGUAGES, Language, Words
from openapi import Operation, Outline, SampleRequest
from portal.problems import Explained

TOKEN_IN_SHELL = '"Authorization: Bearer $TOKEN"'  # noqa: S105 - a field to fill in, no secret
"""The field of a call whose token is in the shell's variable; already quoted, so that the shell fills it in."""

FILLING: dict[str, Any] = {
    "major": 1,
    "api": "air-quality",
    "allowed": "GET, HEAD",
    "name": "api_key",
    "scope": "air-quality:write",
    "limit": 60,
    "most": 10_485_760,
    "kept": Words("1,000", "1\N{NO-BREAK SPACE}000"),
    "days": 90,
    "period_en": "minute",
    "period_fr": "minute",
    "seconds": 17,
    "state": "retired",
    "moment_en": "2026-12-01 11:00 UTC",
    "moment_fr": "2026-12-01 à 11 h 00 (UTC)",
    "name_en": "A title",
    "name_fr": "un titre",
    "plan": "Standard",
    "plan_en": "Standard",
    "plan_fr": "Standard",
    "missing_en": "the address of your service",
    "missing_fr": "l’adresse de votre service",
}
"""What stands for each placeholder of a problem's words in an example."""

_A_LIMIT = words_of(Window("minute", 60))

FILLING_OF: dict[str, dict[str, Any]] = {
    "malformed-request": {
        "why_en": "There is more than one Host field.",
        "why_fr": "Il y a plus d’un champ Host.",
    },
    "invalid": {
        "why_en": "The text is longer than 200 characters.",
        "why_fr": "Le texte dépasse 200 caractères.",
    },
    "name-taken": {"name": "air-quality"},
    "address-refused": {"why_en": PRIVATE.en, "why_fr": PRIVATE.fr},
    "link-spent": {"why": SPENT},
    "quota-spent": {"limit": _A_LIMIT},
    "api-quota-spent": {"limit": _A_LIMIT},
    "too-many-at-once": {"limit": words_of(Window("call", 5, "concurrency"))},
}
"""What stands for the placeholders that mean something else in each row."""

REQUEST_ID = "req_01KAN7T5E0V3W9XQ4M2H8CBZRD"

# Pasted into a terminal, an escape sequence could press keys of its own.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FIRST_TOKEN = r"""sed -n -e 's/.*"access_token": *"\([^"]*\)".*/\1/p' -e '/"error"/w /dev/stderr'"""  # noqa: S105 - a command
"""Gives out the token of an answer; an answer without one is shown, and is not taken for a token."""


def base_address(public_url: str, api_name: str, major: int) -> str:
    """Where the calls of one version go."""
    return f"{public_url}/api/{api_name}/v{major}"


def first_operation(outline: Outline) -> Operation:
    """The operation that is easiest to begin with: one that reads, at a path as written, with little to fill in.

    A document that is good has at least one (openapi.check).
    """
    return min(outline.operations, key=_effort)


def token_lines(public_url: str, client_id: str, secret: str, scope: str) -> str:
    """Two lines that leave an access token in the shell's variable TOKEN (RFC 6749 §4.4, §2.3.1)."""
    client = _quoted(f"{client_id}:{secret}")
    return _joined(
        [
            f"TOKEN=$(curl -s -u {client}",
            f"-d grant_type=client_credentials -d {_quoted(f'scope={scope}')}",
            f"{_quoted(f'{public_url}/oauth/token')} | {_FIRST_TOKEN})",
        ]
    )


def call_lines(base: str, request: SampleRequest, credential: str = TOKEN_IN_SHELL) -> str:
    """One call with curl. `credential` is a header field, quoted for the shell already (see `key_field`), or empty."""
    method = {"GET": "", "HEAD": " -I"}.get(request.method, f" -X {request.method}")
    parts = [f"curl -s{method}" + (f" -H {credential}" if credential else "")]
    parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in request.headers]
    if request.media_type:
        parts.append(f"-H {_quoted(f'Content-Type: {request.media_type}')}")
        # --data-raw: in any other form of it, a body that begins with "@" would name a file to send.
        parts.append("--data-binary @FILE" if request.body is None else f"--data-raw {_quoted(request.body)}")
    return _joined([*parts, _quoted(base + request.target)])


def key_field(key: str) -> str:
    """The field of a call with an API key."""
    return _quoted(f"X-API-Key: {key}")


def json_text(value: Any, *, wide: bool = False) -> str:
    """A JSON value as people read it; `wide` keeps it on one line."""
    return json.dumps(value, ensure_ascii=False, indent=None if wide else 2)


def body_text(media_type: str, example: Any) -> str:
    """An example of a body as it is sent: JSON as JSON, text as itself."""
    if isinstance(example, str) and "json" not in media_type.lower():
        return example
    return json_text(example)


def sample_problem(row: Explained, language: Language, documentation: str) -> str:
    """The problem document of a row, as a program would get it."""
    problem = Problem(row.code, row.status, row.title, _filled(row), instance=REQUEST_ID)
    return orjson.dumps(problem.to_dict(language, documentation), option=orjson.OPT_INDENT_2).decode()


def _filled(row: Explained) -> Words:
    # A plugin's placeholders are its own: what nobody knows how to fill is left out, and its format with it.
    known = FILLING | FILLING_OF.get(row.code, {})
    return Words(*("".join(_parts(row.detail, language, known)) for language in LANGUAGES))


def _parts(detail: Words, language: Language, known: Mapping[str, Any]) -> Iterator[str]:
    for literal, name, _format, _conversion in Formatter().parse(detail.of(language)):
        yield literal
        if name is not None:
            value = known.get(name, "…")
            yield value.of(language) if isinstance(value, Words) else str(value)


def _effort(operation: Operation) -> tuple[bool, bool, int, int]:
    needed = [parameter for parameter in operation.parameters if parameter.required]
    return operation.deprecated, operation.method != "GET", operation.path.count("{"), len(needed)


def _joined(parts: Sequence[str]) -> str:
    return " \\\n  ".join(parts)


def _quoted(text: str) -> str:
    return shlex.quote(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))
