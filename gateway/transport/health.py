"""/healthz: whether this worker reaches its database. /readyz: whether it can serve calls now, and if not, why."""

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from gateway.store import changes
from gateway.store.database import Database
from gateway.transport.runtime import Runtime


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


def install_readiness(app: Flask, runtime: Runtime) -> None:
    """Mount the address that says whether this worker should be sent calls; it asks no more than a call would."""

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        """200 when nothing is missing; 503 with what is: `catalogue`, `ledger`, or the worker itself is `draining`."""
        missing = runtime.missing()
        return (jsonify(status="unready", missing=missing), 503) if missing else jsonify(status="ready")
