from flask import Flask

from gateway.store.database import Database
from gateway.transport.health import install_health


def test_a_worker_whose_database_answers_is_healthy(seeded):
    answer = seeded.app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_database_without_our_tables_is_said_and_nothing_else_is(tmp_path):
    app = Flask("empty")
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    install_health(app, database)

    answer = app.test_client().get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "reason": "OperationalError"}
    database.dispose()
