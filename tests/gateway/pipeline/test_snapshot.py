from tests.builders import a_snapshot, a_version


def test_a_versions_index_is_built_with_it():
    assert a_version().matcher.find("/stations/nearest")["GET"].template == "/stations/nearest"


def test_two_installations_sign_with_two_pseudonyms():
    one = a_snapshot()
    other = type(one)(1, "https://other.example", "x")

    assert one.pseudonym != other.pseudonym
    assert "example" not in one.pseudonym
