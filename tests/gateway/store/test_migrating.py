import subprocess
import sys

from alembic import command
from sqlalchemy import inspect, text

from gateway.services import audit
from gateway.services.actor import system
from gateway.store.audit import AuditHead
from gateway.store.database import Database
from gateway.store.migrating import _config, drift, is_current, migrate
from gateway.store.tables import METADATA
from tests.house.sources import ROOT


def test_a_new_database_gets_the_present_shape_and_the_models_agree(database_url):
    database = Database(database_url)

    migrate(database)

    assert is_current(database)
    assert drift(database) == []
    database.dispose()


def test_migrating_twice_changes_nothing(database_url):
    database = Database(database_url)
    migrate(database)
    with database.begin() as session:
        audit.tell(session, system(), "test", "x")
        kept = session.get_one(AuditHead, 1).hash

    migrate(database)

    assert is_current(database)
    with database.read() as session:
        assert session.get_one(AuditHead, 1).hash == kept
    database.dispose()


def test_processes_that_migrate_at_once_wait_for_each_other(database_url):
    script = (
        "import sys; from gateway.store.database import Database; from gateway.store.migrating import migrate;"
        "print('ready', flush=True); sys.stdin.readline(); migrate(Database(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"

    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=60) for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], ends
    database = Database(database_url)
    assert is_current(database)
    database.dispose()


def test_a_database_without_our_tables_is_not_current(database_url):
    database = Database(database_url)

    assert not is_current(database)
    database.dispose()


def test_every_step_can_be_taken_back(database_url):
    database = Database(database_url)
    migrate(database)

    config = _config()
    with database.engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert not is_current(database)
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    migrate(database)
    assert drift(database) == []
    database.dispose()


def test_the_folder_of_an_sqlite_database_is_made(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/new/folder/guichet.db")

    migrate(database)

    assert (tmp_path / "new/folder/guichet.db").exists()
    database.dispose()


def test_a_table_that_no_step_made_is_seen_as_drift(database_url):
    database = Database(database_url)
    migrate(database)
    with database.begin() as session:
        session.execute(text("CREATE TABLE strays (id INTEGER)"))
        session.execute(text("ALTER TABLE changes ADD COLUMN stray INTEGER"))

    assert len(drift(database)) == 2
    database.dispose()


def test_every_table_has_a_name_for_each_of_its_constraints():
    # What has no name cannot be changed by a later step on both databases.
    unnamed = [
        f"{table.name}: {constraint}"
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]

    assert unnamed == []
