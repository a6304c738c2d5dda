"""Lines that people paste into a shell, and examples of refusals."""

import json
import shlex
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import openapi
from gateway.http.problems import Row
from gateway.management.kinds import TABLE as KINDS
from gateway.pipeline.refusals import TABLE
from gateway.plugin.registry import Registry
from gateway.words import LANGUAGES, Words
from openapi import SampleRequest
from plugins import BUILT_IN
from portal.samples import (
    base_address,
    body_text,
    call_lines,
    first_operation,
    json_text,
    key_field,
    sample_problem,
    token_lines,
)

BASE = "https://guichet.test/api/ferries/v1"
PLAIN = SampleRequest("GET", "/crossings", (), (), None, None)
PRINTING_CURL = 'curl() { for each in "$@"; do printf \'<%s>\\n\' "$each"; done; }\n'


def arguments(lines: str) -> list[str]:
    """What the shell hands to curl."""
    return shlex.split(lines.replace("\\\n", " "))


def run(script: str, **environment: str) -> str:
    return subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True).stdout


def outline_of(*operations: str) -> openapi.Outline:
    """An outline with these operations, such as `get /a/{id} deprecated`."""
    paths: dict[str, dict[str, object]] = {}
    for each in operations:
        method, path, *flags = each.split()
        parameters = [{"name": flag, "in": "query", "required": True} for flag in flags if flag != "deprecated"]
        node = {"responses": {}, "deprecated": "deprecated" in flags, "parameters": parameters}
        paths.setdefault(path, {})[method] = node
    text = json.dumps({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths})
    document = openapi.load(text.encode()).document
    assert document
    return openapi.outline(document)


def test_the_base_address_holds_the_version():
    assert base_address("https://guichet.test", "ferries", 2) == "https://guichet.test/api/ferries/v2"


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (("get /b/{id}", "get /a"), "/a"),
        (("post /a", "get /b/{id}"), "/b/{id}"),
        (("get /a province year", "get /b province"), "/b"),
        (("get /a deprecated", "get /b/{id}"), "/b/{id}"),
        (("get /a", "get /b"), "/a"),
    ],
)
def test_the_first_operation_is_the_easiest_to_call(operations, expected):
    assert first_operation(outline_of(*operations)).path == expected


def test_a_call_names_its_method_unless_curl_knows_it():
    posted = arguments(call_lines(BASE, replace(PLAIN, method="POST", media_type="text/plain", body="hello")))

    assert arguments(call_lines(BASE, PLAIN)) == [
        "curl",
        "-s",
        "-H",
        "Authorization: Bearer $TOKEN",
        f"{BASE}/crossings",
    ]
    assert arguments(call_lines(BASE, replace(PLAIN, method="HEAD")))[:3] == ["curl", "-s", "-I"]
    assert posted[2:4] == ["-X", "POST"]
    assert posted[-4:] == ["Content-Type: text/plain", "--data-raw", "hello", f"{BASE}/crossings"]


def test_a_body_that_no_text_can_show_comes_from_a_file():
    asked = replace(PLAIN, method="PUT", media_type="image/png", body=None)

    assert "@FILE" in arguments(call_lines(BASE, asked))


def test_the_shell_fills_the_token_in_and_nothing_else():
    nasty = replace(PLAIN, method="POST", headers=(("X-Note", "$(id) `id` \"'"),), media_type="a/b", body="$TOKEN ';id")

    told = run(PRINTING_CURL + call_lines(BASE, nasty), TOKEN="t0k3n")

    assert "<Authorization: Bearer t0k3n>" in told
    assert "<X-Note: $(id) `id` \"'>" in told
    assert "<$TOKEN ';id>" in told


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_whatever_a_document_says_arrives_at_curl_as_it_is(text):
    asked = replace(PLAIN, method="POST", media_type="text/plain", body=text)

    assert text in arguments(call_lines(BASE, asked))


@given(st.text())
def test_no_key_is_pressed_by_what_is_pasted(text):
    asked = replace(PLAIN, method="POST", media_type="text/plain", body=text, headers=(("X", text),))

    lines = call_lines(BASE, asked)

    assert not any((letter < " " and letter not in "\n\t") or "\x7f" <= letter <= "\x9f" for letter in lines)


def test_the_token_is_taken_out_of_the_answer():
    answered = """curl() { printf '%s' '{"access_token": "ey.J-_", "expires_in": 3600, "token_type": "Bearer"}'; }\n"""

    told = run(
        answered + token_lines("https://guichet.test", "app_1", "gcs_2", "ferries:read") + "\necho $TOKEN",
        PATH="/usr/bin:/bin",
    )

    assert told == "ey.J-_\n"


def test_the_token_is_asked_for_with_the_client_and_the_scope():
    lines = token_lines("https://guichet.test", "app_1", "gcs_2", "ferries:read")

    assert "-u app_1:gcs_2 " in lines
    assert "-d scope=ferries:read" in lines
    assert "https://guichet.test/oauth/token" in lines


def test_a_key_is_sent_in_its_field():
    assert "X-API-Key: gck_1" in arguments(call_lines(BASE, PLAIN, key_field("gck_1")))


def test_json_is_shown_as_written_in_french_too():
    assert json_text({"nom": "Montréal"}, wide=True) == '{"nom": "Montréal"}'


def test_an_example_that_is_text_is_shown_as_text_unless_it_is_json():
    assert body_text("text/csv", "a,b") == "a,b"
    assert body_text("application/json", "a") == '"a"'
    assert body_text("application/xml", {"a": 1}) == '{\n  "a": 1\n}'


@pytest.mark.parametrize("row", [*TABLE, *KINDS, *Registry(BUILT_IN).refusals], ids=lambda row: row.code)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_problem_has_an_example_with_nothing_left_to_fill_in(row, language):
    told = json.loads(sample_problem(row, language, "https://guichet.test/errors"))

    assert told["type"] == f"https://guichet.test/errors/{row.code}"
    assert told["status"] == row.status
    assert told["title"] == row.title.of(language)
    assert not set("{…") & set(told["detail"])


def test_a_placeholder_that_only_a_plugin_knows_is_left_out_of_the_example():
    words = Words("{moment:%Y} and {{braces}}", "{moment:%Y} et {{accolades}}")

    told = json.loads(sample_problem(Row("odd", 418, words, words, words), "fr", "https://guichet.test/errors"))

    assert told["detail"] == "… et {accolades}"
