"""One application for all of these tests, and for each test a store of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway.management.api import install_management
from tests.fixtures.consuming import MOMENT
from tests.gateway.management.world import Built, World, build, copied, make_house


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The store that every test copies."""
    return build(tmp_path_factory.mktemp("management"))


@pytest.fixture(scope="session")
def management(built: Built) -> Flask:
    """An application with nothing but the management API."""
    app = Flask("guichet", static_folder=None)
    app.extensions["guichet"], _ = make_house(built.folder)
    install_management(app, app.extensions["guichet"])
    return app


@pytest.fixture
def world(management: Flask, built: Built, tmp_path: Path) -> Iterator[World]:
    """The store, as this test alone sees it."""
    # The ledger stands still: no minute ends while a test counts.
    house, recorder = make_house(copied(built, tmp_path), clock=lambda: MOMENT)
    management.extensions["guichet"] = house
    yield World(management, house, recorder, built)
    recorder.close()
    house.ledger.close()  # type: ignore[attr-defined]  # the port says nothing of closing
    house.database.dispose()
