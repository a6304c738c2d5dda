"""Paths that are one path, and paths that a call could match alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.matching import Matcher
from openapi import rivals as subject
from openapi.rivals import Rivals, shape_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a", "/%61"),
        ("/é", "/%C3%A9"),
        ("/%c3%a9", "/%C3%A9"),
        ("/a b", "/a%20b"),
        ("/{id}/x%2Dy", "/{name}/x-y"),
        ("/{id}.json", "/{name}.%6ason"),
    ],
)
def test_a_path_that_is_written_in_two_ways_has_one_shape(one, other):
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(("one", "other"), [("/a/b", "/a%2Fb"), ("/A", "/a"), ("/a", "/a/"), ("/a%3Bb", "/a;b")])
def test_what_a_service_may_tell_apart_has_two_shapes(one, other):
    assert shape_of(one) != shape_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("/b/{x}/c", "/b/d/{y}"), ("/b/d/{y}", "/b/{x}/c"), ("/{a}/b/{c}", "/a/{b}/c"), ("/{x}/c", "/%64/{y}")],
)
def test_two_paths_of_which_neither_is_the_more_concrete_are_rivals(one, other):
    rivals = Rivals()

    assert (rivals.add(one), rivals.add(other)) == ("", one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/b/{x}", "/b/me"),
        ("/b/{x}/{y}", "/b/me/{y}"),
        ("/b/{x}/c", "/b/d/e"),
        ("/{x}/c", "/d/{y}/"),
        ("/{x}/", "/d/{y}"),
    ],
)
def test_where_one_is_the_more_concrete_or_no_call_fits_both_there_is_no_rival(one, other):
    rivals = Rivals()

    assert (rivals.add(one), rivals.add(other)) == ("", "")


SEGMENTS = st.sampled_from(["a", "b", "{x}", "{y}"])


class Operation:
    method = "GET"

    def __init__(self, template):
        self.template = template


@given(paths=st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)), max_size=8))
def test_of_rivals_the_gateway_serves_the_one_that_is_first_to_have_a_fixed_segment(paths):
    rivals, seen = Rivals(), []
    for path in paths:
        rival = rivals.add(path)
        if rival:
            pairs = list(zip(path.split("/")[1:], rival.split("/")[1:], strict=True))
            call = "/" + "/".join(other if own.startswith("{") else own for own, other in pairs).replace("{x}", "c")
            call = call.replace("{y}", "c")
            (wins,) = {path if other.startswith("{") else rival for own, other in _first_difference(pairs)}
            assert Matcher([Operation(path), Operation(rival)]).find(call)["GET"].template == wins
            assert rival in seen
        seen.append(path)


def _first_difference(pairs):
    return [pair for pair in pairs if pair[0].startswith("{") != pair[1].startswith("{")][:1]


def test_hostile_paths_are_looked_at_for_a_bounded_number_of_steps(monkeypatch):
    monkeypatch.setattr(subject, "_MOST_STEPS", 500)
    rivals = Rivals()

    for number in range(3_000):
        rivals.add("/" + "/".join("{x}" if number >> bit & 1 else "a" for bit in range(12)))

    assert rivals._steps > -3_001
    assert rivals.has_given_up
