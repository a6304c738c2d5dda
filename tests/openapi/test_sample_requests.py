import json

import pytest

from openapi import OperationKey, operations, sample_request
from openapi.sample_requests import SampleRequest
from tests.openapi.samples import OK, a_document


def _sample(path="/a", **fields) -> SampleRequest:
    document = a_document(paths={path: {"post": {"responses": OK, **fields}}})
    (key,) = operations(document)
    return sample_request(key, document)


def _parameter(location, example, **changes):
    return {"name": "p", "in": location, "required": True, "schema": {}, "example": example, **changes}


def test_path_parameters_are_filled_in_and_encoded():
    sample = _sample("/a/{p}/é", parameters=[_parameter("path", "x/y ?")])

    assert sample.path == "/a/x%2Fy%20%3F/%C3%A9"
    assert sample.target == sample.path


@pytest.mark.parametrize(
    ("changes", "value", "query"),
    [
        ({}, "x y", (("p", "x y"),)),
        ({}, True, (("p", "true"),)),
        ({}, ["a", "b"], (("p", "a"), ("p", "b"))),
        ({"explode": False}, ["a", "b"], (("p", "a,b"),)),
        ({"style": "pipeDelimited"}, ["a", "b"], (("p", "a|b"),)),
        ({"style": "spaceDelimited"}, ["a", "b"], (("p", "a b"),)),
        ({"style": "deepObject"}, {"k": 1}, (("p[k]", "1"),)),
        ({}, {"k": 1}, (("k", "1"),)),
        ({"explode": False}, {"k": 1}, (("p", "k,1"),)),
        ({"required": False}, "x", ()),
    ],
)
def test_required_query_parameters_follow_their_style(changes, value, query):
    assert _sample(parameters=[_parameter("query", value, **changes)]).query == query


def test_the_target_is_ready_for_a_request_line():
    assert _sample(parameters=[_parameter("query", "a&b é")]).target == "/a?p=a%26b%20%C3%A9"


def test_required_headers_and_cookies_are_given_and_cannot_break_the_line():
    sample = _sample(
        parameters=[
            _parameter("header", "a\r\nX-Evil: 1", name="X-P"),
            _parameter("header", "x", name="Authorization"),
            _parameter("cookie", "c d", name="C"),
        ]
    )

    assert sample.headers == (("X-P", "a??X-Evil: 1"), ("Cookie", "C=c%20d"))


def test_a_json_body_is_preferred():
    content = {
        "text/plain": {"example": "x"},
        "application/json": {"schema": {"properties": {"é": {"type": "integer"}}}},
    }

    sample = _sample(requestBody={"content": content})

    assert sample.media_type == "application/json"
    assert json.loads(sample.body or "") == {"é": 1}


@pytest.mark.parametrize(
    ("media_type", "example", "body"),
    [
        ("application/x-www-form-urlencoded", {"a": "x y", "b": 1}, "a=x+y&b=1"),
        ("application/merge-patch+json", {"a": None}, '{"a": null}'),
        ("text/plain", "hello", "hello"),
        ("application/xml", {"a": 1}, None),
    ],
)
def test_other_bodies_are_encoded_where_there_is_a_plain_way(media_type, example, body):
    sample = _sample(requestBody={"content": {media_type: {"example": example}}})

    assert (sample.media_type, sample.body) == (media_type, body)


def test_no_body_is_no_body():
    assert (_sample().media_type, _sample().body) == (None, None)


def test_an_operation_of_another_document_is_not_found():
    with pytest.raises(LookupError):
        sample_request(OperationKey("GET", "/none", "", "", ""), a_document())
