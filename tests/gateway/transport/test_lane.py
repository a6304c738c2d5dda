"""What the connections of a worker share: what is in force, and who is connected."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from gateway.domain.lifecycle import ApplicationState
from gateway.pipeline.snapshot import Consumer
from gateway.store.bell import Bell
from gateway.transport.runtime import Runtime
from gateway.transport.wsgi import ApiLane
from tests.builders import (
    APPLICATION,
    EditableCatalogue,
    KeptRecords,
    KnownConsumers,
    a_consumer,
    a_snapshot,
    an_api_key,
)
from tests.calling import ask, call
from tests.fastlane import fast_lane
from tests.house.sources import ROOT
from tests.lane import KEY, make_lane
from tests.loopback import answering, serving
from tests.waiting import eventually
from tests.wire.client import Client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RING = "import sys; from pathlib import Path; from gateway.store.bell import Bell; Bell(Path(sys.argv[1])).ring()"


class Store(EditableCatalogue):
    """A catalogue and its consumers, that can be edited, with a bell, and that can hang."""

    def __init__(self, snapshot, consumer, path):
        super().__init__(snapshot)
        self.bell = Bell(path)
        self.known = {KEY: consumer}
        self.answers = threading.Event()
        self.answers.set()

    def rung(self):
        return self.bell.rung()

    def changes_since(self, cursor):
        self.answers.wait(30)
        return super().changes_since(cursor)

    def find_key(self, digest):
        self.answers.wait(30)
        return KnownConsumers(keys=self.known).find_key(digest)

    def suspend(self):
        self.known[KEY] = replace(self.known[KEY], state=ApplicationState.SUSPENDED)
        self.edit_application(APPLICATION)
