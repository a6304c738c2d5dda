from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint, select
from sqlalchemy.exc import StatementError

from gateway.domain.ids import PREFIXES, is_id
from gateway.store.base import UtcTime, new_id
from gateway.store.changes import Change
from gateway.store.tables import METADATA

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=ZONES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(moment=TIMES)
def test_a_time_comes_back_as_the_same_moment_in_utc(database, moment):
    with database.begin() as session:
        change = Change(subject="x", at=moment)
        session.add(change)
        session.flush()
        number = change.id

    with database.read() as session:
        kept = session.get(Change, number).at
    assert kept == moment
    assert kept.tzinfo is UTC or kept.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused_at_the_door(database):
    with pytest.raises(StatementError, match="zone"), database.begin() as session:
        session.add(Change(subject="x", at=datetime(2026, 11, 22, 12)))

    with database.read() as session:
        assert not session.scalars(select(Change)).all()


def test_a_time_without_a_zone_is_not_even_looked_for(database):
    with database.read() as session, pytest.raises(StatementError, match="zone"):
        session.scalars(select(Change).where(Change.at < datetime(2026, 11, 22))).all()


def test_no_time_at_all_stays_none():
    kind = UtcTime()

    assert kind.process_bind_param(None, None) is None  # type: ignore[arg-type]
    assert kind.process_result_value(None, None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PREFIXES)
def test_a_new_id_is_of_its_kind_and_its_own(kind):
    made = [new_id(kind) for _ in range(100)]

    assert len(set(made)) == 100
    assert all(is_id(kind, each) for each in made)


def test_every_constraint_has_a_name_by_which_a_migration_finds_it():
    prefixes = {PrimaryKeyConstraint: "pk_", ForeignKeyConstraint: "fk_", UniqueConstraint: "uq_"}

    for table in METADATA.sorted_tables:
        for constraint in table.constraints:
            assert isinstance(constraint, PrimaryKeyConstraint | ForeignKeyConstraint | UniqueConstraint)
            assert str(constraint.name).startswith(prefixes[type(constraint)]), (table.name, constraint)
        for index in table.indexes:
            assert str(index.name).startswith(("ix_", "uq_")), (table.name, index)


def test_every_name_of_a_constraint_fits_postgresql():
    names = [str(each.name) for table in METADATA.sorted_tables for each in table.constraints]
    names += [str(each.name) for table in METADATA.sorted_tables for each in table.indexes]

    assert max(map(len, names)) <= 63
    assert len(names) == len(set(names))


def test_every_time_of_every_table_keeps_its_zone():
    kinds = [column.type for table in METADATA.sorted_tables for column in table.columns]

    assert any(isinstance(kind, UtcTime) for kind in kinds)
    assert not any(isinstance(kind, DateTime) for kind in kinds)


def test_every_column_that_points_elsewhere_has_an_index_or_heads_one():
    for table in METADATA.sorted_tables:
        heads = {next(iter(index.columns)).name for index in table.indexes}
        heads |= {next(iter(each.columns)).name for each in table.constraints if isinstance(each, UniqueConstraint)}
        heads |= {next(iter(table.primary_key.columns)).name}
        loose = {key.parent.name for key in table.foreign_keys if not key.use_alter} - heads
        assert not loose, table.name
