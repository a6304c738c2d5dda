import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.grammar import (
    HOP_BY_HOP,
    is_field_value,
    is_host,
    is_target,
    is_token,
    is_traceparent,
    read_chunk_size,
    read_length,
)

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("text", ["GET", "X-API-Key", "x_y", "!#$%&'*+-.^_`|~09azAZ"])
def test_a_token_is_taken(text):
    assert is_token(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a:", "a\t", "a\n", "a\r", "é", "a\0", "(x)", "a/b", '"a"', "a,b", "a\x7f"]
)
def test_what_is_no_token_is_refused(text):
    assert not is_token(text)


@pytest.mark.parametrize("text", ["", "a", "a b", "a\tb", "caf\xe9", "~", "!"])
def test_a_field_value_is_taken(text):
    assert is_field_value(text)


@pytest.mark.parametrize("text", [" a", "a ", "\ta", "a\r\nb", "a\nb", "a\rb", "a\0b", "a\x7fb", "a\x1fb", "a\n", "€"])
def test_what_is_no_field_value_is_refused(text):
    assert not is_field_value(text)


@pytest.mark.parametrize("text", ["/", "/a//b;c=1", "/a%2Fb?x=1&y=%20", "/a|b{c}", "/?", '/"'])
def test_a_target_is_taken(text):
    assert is_target(text)


@pytest.mark.parametrize(
    "text", ["", "a", "*", "/a b", "/a#b", "/a\tb", "/é", "/a\r\nX: y", "/\0", "/\x7f", "/a\n", "http://a/"]
)
def test_what_is_no_target_is_refused(text):
    assert not is_target(text)


@pytest.mark.parametrize("text", ["a.ca", "a.ca:8000", "127.0.0.1:80", "[::1]", "[::1]:8000", "my_host", "1"])
def test_a_host_is_taken(text):
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":80",
        "a:",
        "a:b",
        "a:123456",
        "a b",
        "a,b",
        "a.ca,a.ca",
        "u@a.ca",
        "a.ca/x",
        "[::1",
        "::1",
        "-a",
        "a\n",
        "é.ca",
        "[g]",
    ],
)
def test_what_is_no_host_is_refused(text):
    assert not is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TRACE.upper(),
        TRACE.replace("00-", "ff-", 1),
        TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        TRACE.replace("b7ad6b7169203331", "0" * 16),
        TRACE + "-x",
        TRACE[:-1],
        TRACE + "\n",
    ],
)
def test_what_is_no_traceparent_is_refused(text):
    assert is_traceparent(TRACE)
    assert not is_traceparent(text)


@pytest.mark.parametrize("text", ["", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1.0", "١", "1" * 19, "1\n", "a"])
def test_a_length_that_int_would_take_is_refused_unless_it_is_digits(text):
    assert read_length(text) is None


@pytest.mark.parametrize("text", ["", "+1", "-1", " 1", "0x1", "1_0", "g", "f" * 16, "1\n", "1;"])
def test_a_chunk_size_that_int_would_take_is_refused_unless_it_is_hexadecimal(text):
    assert read_chunk_size(text) is None


@given(st.integers(min_value=0, max_value=10**17))
def test_a_length_is_read_as_it_was_written(number):
    assert read_length(str(number)) == number
    assert read_chunk_size(f"{number:x}") == read_chunk_size(f"{number:X}") == number


@given(st.text(alphabet=string.printable + "\0\x7fé€"))
def test_a_value_that_passes_cannot_split_a_message(text):
    assert not is_field_value(text) or not set(text) & set("\r\n\0")


def test_hop_by_hop_names_are_lower_case_tokens():
    assert all(is_token(name) and name == name.lower() for name in HOP_BY_HOP)
