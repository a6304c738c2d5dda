import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi import MAX_BYTES, load
from tests.openapi.samples import a_tree, one_finding

REFUSED = {
    "nothing": (b"", "empty", 1),
    "only spaces": (b" \n\t\n", "empty", 1),
    "only a comment": (b"# openapi: 3.0.3\n", "not-an-object", 1),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "binary", 1),
    "an archive": (b"PK\x03\x04" + b"x" * 50, "binary", 1),
    "a page": (b"\n<!DOCTYPE html><html>", "markup", 1),
    "prose": (b"Hello, here is our API.", "not-an-object", 1),
    "a YAML list": (b"- openapi: 3.0.3", "not-an-object", 1),
    "a JSON list": (b'[{"openapi": "3.0.3"}]', "not-an-object", 1),
    "a JSON string": (b'"openapi"', "not-an-object", 1),
    "Latin-1": (b"openapi: 3.0.3\ninfo: {title: M\xe9t\xe9o}", "encoding", 2),
    "UTF-16 with a mark": ("openapi: 3.0.3".encode("utf-16"), "encoding-utf16", 1),
    "UTF-16 without": ("openapi: 3.0.3".encode("utf-16-le"), "encoding-utf16", 1),
    "UTF-32": ("openapi: 3.0.3".encode("utf-32"), "encoding-utf16", 1),
    "Swagger 2": (b"info: {}\nswagger: '2.0'", "version-swagger", 2),
    "a later version": (b'{"openapi": "3.2.0"}', "version-unsupported", 1),
    "a far later version": (b"openapi: 4.0.0", "version-unsupported", 1),
    "a version as a number": (b"openapi: 3.0", "version-unsupported", 1),
    "no version": (b"info: {}\npaths: {}", "version-missing", 1),
    "too large": (b"#" * (MAX_BYTES + 1), "too-large", 1),
    "twenty megabytes": (b"openapi: 3.0.3\n" + b"x" * 20_000_000, "too-large", 1),
}


@pytest.mark.parametrize(("data", "rule", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_document_is_refused_with_a_clear_finding(data, rule, line):
    finding = one_finding(data)

    assert (finding.rule, finding.line) == (rule, line)
    assert finding.words.en
    assert finding.words.fr


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1", "3.1.0-rc1"])
def test_supported_versions_load_and_tell_their_minor(version):
    loaded = load(json.dumps(a_tree(version)).encode())

    assert loaded.findings == ()
    assert loaded.document is not None
    assert (loaded.document.version, loaded.document.minor) == (version, int(version[2]))


def test_a_byte_order_mark_of_utf_8_is_accepted():
    document = load(b"\xef\xbb\xbf" + json.dumps(a_tree()).encode()).document

    assert document is not None
    assert document.format == "json"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'{"openapi": "3.0.3"}', "json"),
        (b'\n {\n\t"openapi":\t"3.0.3"}', "json"),
        (b"{openapi: 3.0.3}", "yaml"),
        (b"openapi: 3.0.3", "yaml"),
    ],
)
def test_the_format_is_told_by_how_the_text_begins(data, form):
    document = load(data).document

    assert document is not None
    assert document.format == form


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_any_bytes_load_or_are_refused(data):
    loaded = load(data)

    assert (loaded.document is None) == bool(loaded.findings)


@given(st.text(alphabet="openapi:3.01 {}[]\"'-&*!<>|#%@\n\t,?\\u00d8~", max_size=200))
@settings(max_examples=500)
def test_any_text_of_yaml_and_json_signs_loads_or_is_refused(text):
    for prefix in ("", "openapi: 3.0.3\n", '{"openapi": "3.0.3", "x": '):
        loaded = load((prefix + text).encode())

        assert (loaded.document is None) == bool(loaded.findings)


@pytest.mark.parametrize(
    "unit", [b"[", b'{"a":', b"{a: ", b"- ", b"? ", b"a:\n ", b"&a ", b"'' ", b"!x ", b"1,", b"---\n", b"a: b\n"]
)
def test_a_megabyte_of_hostile_repetition_ends_quickly(unit):
    began = time.perf_counter()

    loaded = load((unit * (1_000_000 // len(unit)))[:1_000_000])

    assert loaded.document is None
    assert time.perf_counter() - began < 5
