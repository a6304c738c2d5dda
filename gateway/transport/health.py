"""/healthz: whether this worker can do its work now."""

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from gateway.store import changes
from gateway.store.database import Database


def install_health(app: Flask, database: Database) -> None:
    """Mount the address that load balancers and `make run` ask."""

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        """200 when the database answers and has our tables; 503 with the reason when it does not."""
        try:
            with database.read() as session:
                changes.latest(session)
        except SQLAlchemyError as error:
            return jsonify(status="unavailable", reason=type(error).__name__), 503
        return jsonify(status="ok")
