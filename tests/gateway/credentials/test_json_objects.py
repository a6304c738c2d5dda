import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.credentials.json_objects import JsonFault, decode_segment, read_object


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"1",
        b'"a"',
        b"null",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1} x',
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
        b"{'a':1}",
    ],
)
def test_what_two_readers_could_take_differently_is_refused(content):
    with pytest.raises(JsonFault):
        read_object(content)


@pytest.mark.parametrize("segment", ["", "a", "YQ==", "YQ=", "YR", "a+b/", "a b", "YQ\n", "é"])
def test_a_segment_has_one_right_spelling(segment):
    with pytest.raises(JsonFault):
        decode_segment(segment)


@given(st.binary(min_size=1, max_size=40))
def test_a_segment_is_read_as_it_was_written(content):

    assert decode_segment(base64.urlsafe_b64encode(content).rstrip(b"=").decode()) == content
