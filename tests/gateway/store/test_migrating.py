from alembic import command

from gateway.store.database import Database
from gateway.store.migrating import _config, drift, is_current, migrate


def test_a_new_database_gets_the_present_shape_and_the_models_agree(database_url):
    database = Database(database_url)

    migrate(database)

    assert is_current(database)
    assert drift(database) == []
    database.dispose()


def test_migrating_twice_changes_nothing(database_url):
    database = Database(database_url)
    migrate(database)

    migrate(database)

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
    database.dispose()


def test_the_folder_of_an_sqlite_database_is_made(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/new/folder/guichet.db")

    migrate(database)

    assert (tmp_path / "new/folder/guichet.db").exists()
    database.dispose()
