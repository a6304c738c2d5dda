"""A WebSocket library at both ends of a tunnel (RFC 6455)."""

import threading
import time
from base64 import urlsafe_b64encode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.sync.client import connect
from websockets.sync.server import serve
from websockets.typing import Subprotocol

from gateway.credentials.signing import public_jwk
from tests.builders import KEY as SIGNING_KEY
from tests.builders import KeptRecords, a_token
from tests.calling import WEATHER
from tests.fastlane import fast_lane
from tests.lane import KEY, make_lane
from tests.memory import MEBIBYTE

CHAT = Subprotocol("chat")


def conversing(websocket):
    """Echoes, until it is told to end."""
    for message in websocket:
        if message == "end":
            websocket.close(4000, "as you wish")
            return
        websocket.send(message)


@pytest.fixture
def records():
    return KeptRecords()


@pytest.fixture
def websockets(tmp_path, records):
    """A WebSocket server behind the lane: the lane, and the requests that the server saw."""
    requests = []
    with serve(
        conversing,
        "127.0.0.1",
        0,
        subprotocols=[CHAT],
        process_request=lambda _, request: requests.append(request),
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        app = make_lane(port, tmp_path, records, public_jwk(SIGNING_KEY), allows_upgrade=True)
        with fast_lane(app) as lane:
            yield lane, requests
        for part in app.extensions["to be closed"]:
            part.close()
        server.shutdown()
        thread.join()


def test_a_websocket_passes_with_its_messages_and_its_end(websockets, records):
    lane, _ = websockets
    address, fields = f"ws://127.0.0.1:{lane.port}{WEATHER}/a", {"X-API-Key": KEY}
    with connect(address, subprotocols=[CHAT], additional_headers=fields) as client:
        for message in ("bonjour", b"\0\1", "x" * MEBIBYTE):
            client.send(message)
            assert client.recv() == message
        client.send("end")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv()

    assert closed.value.rcvd == Close(4000, "as you wish")
    (record,) = records.wait_for(1)
    assert (record.event.status, record.sent_bytes > len("bonjour")) == (101, True)


def test_a_page_in_a_browser_shows_its_token_as_a_subprotocol_and_the_service_does_not_see_it(websockets):
    lane, requests = websockets
    now = int(time.time())
    token = a_token(issued_at=now - 60, expires_at=now + 3540)
    encoded = urlsafe_b64encode(token.encode()).decode().rstrip("=")
    offered = [Subprotocol(f"base64url.bearer.authorization.k8s.io.{encoded}"), CHAT]
    with connect(f"ws://127.0.0.1:{lane.port}{WEATHER}/a", subprotocols=offered) as client:
        client.send("bonjour")

        assert (client.recv(), client.subprotocol) == ("bonjour", "chat")
    (request,) = requests
    assert request.headers.get_all("Sec-WebSocket-Protocol") == ["chat"]
    assert "Authorization" not in request.headers


def test_a_websocket_without_credentials_is_refused_with_a_problem(websockets):
    lane, requests = websockets
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{lane.port}{WEATHER}/a"):
        pass

    assert refused.value.response.status_code == 401
    assert requests == []
