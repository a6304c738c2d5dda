import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ids import PREFIXES, is_id, make_id

KINDS = st.sampled_from(sorted(PREFIXES))
TIMES = st.integers(0, 2**48 - 1)
RANDOMNESS = st.lists(st.integers(0, 31), min_size=16, max_size=16).map(bytes)  # what of each byte makes its letter


def test_no_two_kinds_share_a_prefix_and_each_has_three_letters():
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(len(prefix) == 3 and prefix.islower() for prefix in PREFIXES.values())


def test_the_letters_are_a_ulid():
    # The example of https://github.com/ulid/spec, and the largest that it allows.
    assert make_id("api", 1_469_922_850_259, bytes(16)).startswith("api_01ARZ3NDEK")
    assert make_id("api", 2**48 - 1, b"\xff" * 16) == "api_7" + "Z" * 25


@given(KINDS, TIMES, RANDOMNESS)
def test_an_id_is_of_its_kind_and_of_no_other(kind, milliseconds, randomness):
    made = make_id(kind, milliseconds, randomness)

    assert [each for each in PREFIXES if is_id(each, made)] == [kind]
    assert len(made) <= 40


@given(KINDS, TIMES, TIMES, RANDOMNESS, RANDOMNESS)
def test_ids_sort_by_the_time_they_were_made(kind, one, other, first, second):
    if one < other:
        assert make_id(kind, one, first) < make_id(kind, other, second)


@given(TIMES, RANDOMNESS, TIMES, RANDOMNESS)
def test_ids_differ_as_what_they_are_made_from_does(one, first, other, second):
    assert (make_id("api", one, first) == make_id("api", other, second)) is ((one, first) == (other, second))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api",
        "api_",
        "api_" + "0" * 25,
        "api_" + "0" * 27,
        "api_" + "0" * 25 + "I",
        "api_" + "0" * 25 + "a",
        "api_" + "0" * 25 + "\0",
        "api_" + "٠" * 26,
        "API_" + "0" * 26,
        "app_" + "0" * 26,
        " api_" + "0" * 26,
        "api_" + "0" * 26 + "\n",
        "0" * 5_000_000,
    ],
)
def test_anything_else_is_no_id(text):
    assert not is_id("api", text)
