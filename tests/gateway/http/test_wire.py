import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.wire import chunk, field_lines, reply_head, request_head, status_line

BREAKS = ["a\r\nX: b", "a\nb", "a\rb", "a\0b", "\r\n"]


def test_a_reply_head_is_its_fields_in_order():
    fields = field_lines([("B", "1"), ("a", "caf\xe9")])
    assert reply_head(200, fields) == b"HTTP/1.1 200 OK\r\nB: 1\r\na: caf\xe9\r\n\r\n"


def test_a_request_head_keeps_its_target():
    assert request_head("GET", "/a%2Fb?c", b"Host: x\r\n") == b"GET /a%2Fb?c HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_status_without_a_name_has_one():
    assert status_line(299) == b"HTTP/1.1 299 Unnamed\r\n"


@pytest.mark.parametrize("text", BREAKS)
def test_no_field_ends_before_its_end(text):
    for pair in ((text, "a"), ("a", text)):
        with pytest.raises(ValueError, match="not a header field"):
            field_lines([pair])


@pytest.mark.parametrize("text", BREAKS)
def test_no_request_line_ends_before_its_end(text):
    with pytest.raises(ValueError, match="not a request line"):
        request_head("GET", text, b"")
    with pytest.raises(ValueError, match="not a request line"):
        request_head(text, "/", b"")


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=9)), max_size=4))
def test_a_head_has_as_many_lines_as_fields_or_is_none(fields):
    try:
        head = reply_head(200, field_lines(fields))
    except ValueError:  # UnicodeEncodeError is one
        return
    assert head.count(b"\n") == head.count(b"\r") == head.count(b"\r\n") == len(fields) + 2


@pytest.mark.parametrize("pair", [("X: y", "z"), ("X Y", "z"), ("", "z"), ("X", "y\r\nZ: 1")])
def test_a_field_is_no_other_field_in_disguise(pair):
    with pytest.raises(ValueError, match="not a header field"):
        field_lines([pair])


def test_a_chunk_tells_its_length_and_an_empty_piece_is_none():
    assert (chunk(b"x" * 26), chunk(b"")) == (b"1a\r\n" + b"x" * 26 + b"\r\n", b"")
