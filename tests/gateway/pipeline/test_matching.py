import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.matching import Matcher, filled
from gateway.pipeline.snapshot import Operation


def found(templates, path, method="GET"):
    operation = Matcher([Operation("GET", template) for template in templates]).find(path).get(method)
    return operation and operation.template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/a/b", "/a/b"),
        ("/a/x", "/a/{id}"),
        ("/a/b/c", "/a/b/{id}"),
        ("/a/x/c", "/a/{id}/c"),
        ("/a/b/d", "/a/b/{id}"),
        ("/a/x.json", "/a/{id}.json"),
        ("/a/.json", "/a/{id}"),
        ("/a/1-2", "/a/{from}-{to}"),
        ("/a/%62", "/a/{id}"),
        ("/d%C3%A9tails", "/détails"),
        ("/a;v=1", None),
        ("/A", None),
        ("//a", None),
        ("/a//", None),
        ("/a/x/", None),
        ("/a/b/c/d", None),
        ("", None),
        ("a", None),
    ],
)
def test_the_more_literal_template_wins_and_nothing_is_decoded(path, template):
    templates = ["/a/{id}", "/a/{id}/c", "/a/b/{id}", "/a/b", "/a", "/a/", "/a/{id}.json", "/a/{from}-{to}", "/détails"]

    assert found(templates, path) == template


def test_a_literal_that_leads_nowhere_gives_way_to_a_parameter():
    assert found(["/a/b/c", "/{x}/b/d"], "/a/b/d") == "/{x}/b/d"


SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}", "a{z}"])
TEMPLATES = st.lists(st.lists(SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)), max_size=8)


@given(TEMPLATES, st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1, max_size=4))
def test_a_path_is_found_exactly_when_some_template_fits_it(templates, segments):
    def fits(template):
        parts = template.split("/")[1:]
        return len(parts) == len(segments) and all(
            part == segment
            or part in {"{x}", "{y}"}
            or (part == "a{z}" and segment.startswith("a") and len(segment) > 1)
            for part, segment in zip(parts, segments, strict=True)
        )

    assert bool(Matcher([Operation("GET", t) for t in templates]).find("/" + "/".join(segments))) == any(
        fits(template) for template in templates
    )


def test_many_branches_cost_no_more_than_the_tree_is_big():
    depth = 12
    templates = [
        "/" + "/".join("a" if n >> bit & 1 else "{x}" for bit in range(depth)) + "/end" for n in range(1 << depth)
    ]
    matcher = Matcher([Operation("GET", template) for template in templates])

    began = time.process_time()
    missed = matcher.find("/" + "a/" * depth + "elsewhere")

    assert not missed
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("segment", "fits"),
    [("1-2-3.png", True), ("a--b-c.png", True), ("---.png", False), ("1-2.png", False), ("1-2-3.pngx", False)],
)
def test_a_segment_of_several_parameters_needs_something_for_each(segment, fits):
    matcher = Matcher([Operation("GET", "/tiles/{z}-{x}-{y}.png")])

    assert bool(matcher.find(f"/tiles/{segment}")) is fits


def test_a_hostile_segment_costs_what_its_length_costs():
    matcher = Matcher([Operation("GET", "/tiles/{a}-{b}-{c}-{d}-{e}-{f}.png")])

    # A matcher that goes back would not come to an end in this universe.
    assert not matcher.find("/tiles/" + "-" * 8_000)
    assert matcher.find("/tiles/" + "-" * 8_000 + ".png")


@pytest.mark.parametrize(("segment", "letters"), [("a", "a"), ("{id}", "x"), ("{z}-{x.y}.png", "x-x.png"), ("{}", "x")])
def test_a_segment_is_filled_with_a_letter_for_each_parameter(segment, letters):
    assert filled(segment) == letters
