import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.services.paging import MOST_PER_PAGE, Page, paged
from gateway.store.changes import Change
from tests.fixtures.people import NOW

QUERY = select(Change.id).order_by(Change.id.desc())


@pytest.fixture
def seven(database):
    with database.begin() as session:
        session.add_all(Change(subject="x", at=NOW) for _ in range(7))
    return database


@pytest.mark.parametrize(("page", "items"), [(1, [7, 6, 5]), (2, [4, 3, 2]), (3, [1]), (4, [])])
def test_a_page_holds_its_part_in_the_order_of_the_query(seven, page, items):
    with seven.read() as session:
        found = paged(session, QUERY, page, 3)

    assert (list(found.items), found.page, found.per_page, found.total, found.last) == (items, page, 3, 7, 3)


@pytest.mark.parametrize(
    ("page", "per_page", "brought_to"), [(0, 3, (1, 3)), (-5, 0, (1, 1)), (1, 10**6, (1, MOST_PER_PAGE))]
)
def test_sizes_out_of_bounds_are_brought_back(seven, page, per_page, brought_to):
    with seven.read() as session:
        found = paged(session, QUERY, page, per_page)

    assert (found.page, found.per_page) == brought_to
    assert found.total == 7


@given(total=st.integers(0, 10_000), per_page=st.integers(1, MOST_PER_PAGE))
def test_the_last_page_is_the_last_that_holds_anything(total, per_page):
    last = Page([], 1, per_page, total).last

    assert last >= 1
    assert last * per_page >= total
    assert (last - 1) * per_page < max(total, 1)
