from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import Headers

NAMES = st.sampled_from(["Accept", "accept", "X-One", "x-one", "Via", "Host"])
PAIRS = st.lists(st.tuples(NAMES, st.text("ab,", max_size=3)), max_size=8)


def test_names_are_found_in_any_case():
    headers = Headers((("Content-Type", "a"), ("content-type", "b")))

    assert "CONTENT-TYPE" in headers
    assert headers.get("CONTENT-type") == "a"
    assert headers.all("content-Type") == ("a", "b")


def test_a_list_field_is_read_over_all_its_lines():
    headers = Headers((("Connection", "Close, X-One ,"), ("connection", ",keep-alive")))

    assert headers.tokens("Connection") == ("close", "x-one", "keep-alive")


@given(PAIRS, NAMES)
def test_taking_away_keeps_the_others_in_their_order(pairs, name):
    left = Headers.of(pairs).without([name])

    assert name not in left
    assert list(left) == [pair for pair in pairs if pair[0].lower() != name.lower()]


@given(PAIRS, NAMES)
def test_replacing_leaves_exactly_one(pairs, name):
    assert Headers.of(pairs).replaced((name, "new")).all(name) == ("new",)
