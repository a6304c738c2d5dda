"""What every view starts from."""

import pytest

from portal.context import house, page_number


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", 1), ("?page=3", 3), ("?page=-3", 1), ("?page=x", 1), ("?page=²", 1), ("?page=99999999999", 1)],
)
def test_a_page_number_is_a_number_or_the_first(site, query, expected):
    with site.app.test_request_context(f"/en/apis{query}"):
        assert page_number() == expected


def test_the_house_is_the_one_the_application_was_made_with(site):
    with site.app.app_context():
        assert house() is site.house
