import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.scopes import api_of, parse_scopes, satisfied, scope_for, scopes_of

NAMES = st.from_regex(r"[a-z][a-z0-9-]{2,58}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "get", "Head"])
def test_safe_methods_ask_to_read(method):
    assert scope_for("weather", method) == "weather:read"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "post", ""])
def test_all_others_ask_to_write(method):
    assert scope_for("weather", method) == "weather:write"


@given(NAMES, st.sampled_from(["GET", "POST"]))
def test_a_scope_names_its_api(name, method):
    scope = scope_for(name, method)

    assert scope in scopes_of(name)
    assert api_of(scope) == name


@given(NAMES, NAMES)
def test_the_scopes_of_two_apis_do_not_meet(one, other):
    if one != other:
        assert not set(scopes_of(one)) & set(scopes_of(other))


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        (None, ()),
        ("", ()),
        ("   ", ()),
        ("a:read", ("a:read",)),
        (" b:write  a:read ", ("b:write", "a:read")),
        ("a:read b:read a:read", ("a:read", "b:read")),
    ],
)
def test_a_list_gives_each_scope_once_and_in_order(text, scopes):
    assert parse_scopes(text) == scopes


@given(st.lists(NAMES.map(lambda name: f"{name}:read"), unique=True))
def test_a_list_is_read_as_it_was_written(scopes):
    assert parse_scopes(" ".join(scopes)) == tuple(scopes)


@pytest.mark.parametrize(
    ("wanted", "held", "enough"),
    [
        ("a:read", ["a:read"], True),
        ("a:read", ["b:read", "a:read"], True),
        ("a:read", ["a:write"], False),
        ("a:write", ["a:read"], False),
        ("a:read", ["aa:read"], False),
        ("a:read", ["A:READ"], False),
        ("a:read", [], False),
    ],
)
def test_only_the_very_scope_is_enough(wanted, held, enough):
    assert satisfied(wanted, held) is enough
