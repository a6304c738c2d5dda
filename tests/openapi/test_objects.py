from collections.abc import Iterator

import pytest

from openapi.kinds import Kind, ListOf, MapOf, Object, Table
from openapi.objects import OPENAPI_30
from openapi.objects_31 import OPENAPI_31


def _objects(kind: Kind | None) -> Iterator[str]:
    if isinstance(kind, Object):
        yield kind.name
    elif isinstance(kind, ListOf | MapOf):
        yield from _objects(kind.item)


def _reached(table: Table) -> set[str]:
    reached, ahead = set[str](), ["document"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            row = table[name]
            ahead += [held for kind in (*row.fields.values(), row.others) for held in _objects(kind)]
    return reached


@pytest.mark.parametrize("table", [OPENAPI_30, OPENAPI_31], ids=["3.0", "3.1"])
def test_every_row_of_a_table_is_reached_and_every_object_named_has_a_row(table):
    assert _reached(table) == set(table)


@pytest.mark.parametrize("table", [OPENAPI_30, OPENAPI_31], ids=["3.0", "3.1"])
def test_what_a_row_requires_or_excludes_is_among_its_fields(table):
    for row in table.values():
        named = [*row.required, *row.one_of, *(name for pair in row.exclusive for name in pair)]
        named += [name for _, _, names in row.required_when for name in names]
        assert set(named) <= set(row.fields)
