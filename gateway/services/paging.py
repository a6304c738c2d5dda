"""One page of a long list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")

MOST_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and where they stand among all of them. Pages are counted from 1."""

    items: Sequence[Row]
    page: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page; 1 when there is nothing."""
        return max(1, -(-self.total // self.per_page))


def paged(session: Session, query: Select[Any], page: int, per_page: int) -> Page[Any]:
    """One page of what a query selects; sizes out of bounds are brought back into them."""
    per_page = min(max(per_page, 1), MOST_PER_PAGE)
    page = max(page, 1)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    items = session.scalars(query.limit(per_page).offset((page - 1) * per_page)).all()
    return Page(items, page, per_page, total)
