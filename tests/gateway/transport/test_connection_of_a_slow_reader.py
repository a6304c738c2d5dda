"""One client's connection while the client reads slowly, or not at all: through a whole lane and real sockets."""

import socket
import threading

from gateway.transport.parties import PATIENCE, Patience
from gateway.transport.progress import untaken
from tests.calling import WEATHER, a_request, call, drained, hear, say
from tests.certificates import tls_of_this_machine
from tests.fastlane import IMPATIENT, HurriedLoop, nobody_is_left
from tests.gateway.transport.conftest import HUGE
from tests.waiting import eventually, settled
from tests.wire.client import Client


def test_a_client_that_stops_reading_is_cut_and_so_is_its_service(serve, service, records):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/long"))

        assert service.hung_up.acquire(timeout=30)
        nobody_is_left(lane)
    (record,) = records.wait_for(1)
    assert (record.event.status, record.event.refusal) == (200, "client-left")


def test_a_client_is_waited_for_as_long_as_it_may_be_reading_slowly(serve):
    lane = serve(patience=Patience(stall=3600.0, linger=3600.0))  # it is looked at when this test says so
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/long"))
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))
        transport, progress = connection._transport, connection._progress
        settled(lambda: lane.look(lambda: untaken(transport)))

        def stand_still_for(seconds):
            progress.begin(transport, lane.lane.now() - seconds, PATIENCE.window)
            connection.time_out()
            return transport.is_closing()

        assert not lane.look(lambda: stand_still_for(PATIENCE.window - 5))
        assert lane.look(lambda: stand_still_for(PATIENCE.window))
        nobody_is_left(lane)


def test_a_reply_that_was_given_before_the_body_was_read_can_be_read_slowly(serve):
    lane = serve(patience=Patience(linger=0.1))
    early = a_request(f"{WEATHER}/early", "Content-Length: 900000", method="POST") + b"the beginning"
    with Client(lane.port) as slow, Client(lane.port) as quick:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for client in (slow, quick):
            say(client, early)
        hear(quick)
        eventually(lambda: lane.connected() == 1)  # the quick one has lingered for its time, and so has the slow one

        assert len(hear(slow).body) == 65_536


def test_a_client_that_asks_and_asks_but_never_reads_is_not_answered_for_ever(serve, service):
    lane = serve(patience=IMPATIENT)
    with Client(lane.port) as client:
        say(client, a_request(f"{WEATHER}/big") * 400)
        eventually(lambda: service.big)
        nobody_is_left(lane)

    assert service.big < 400  # of 64 KiB each: what nobody reads is held by the kernel, not by us


def test_a_connection_to_a_service_serves_again_after_a_client_that_read_slowly(serve, service):
    lane = serve()
    for _ in range(30):
        with Client(lane.port) as client:
            say(client, a_request(f"{WEATHER}/big") * 3)
            assert len(hear(client).body) == 65536
        assert call(lane.port).status == 200


def test_a_reply_behind_which_tls_ends_can_be_read_slowly_to_its_end(serve, tmp_path):
    shown, trusting = tls_of_this_machine(tmp_path)
    lane = serve(tls=shown, loop=HurriedLoop)
    with Client(lane.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.socket = trusting.wrap_socket(client.socket, server_hostname="127.0.0.1")
        (connection,) = eventually(lambda: lane.look(lambda: list(lane.lane._connections)))
        end = connection._transport.get_extra_info("socket")
        lane.look(lambda: end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536))  # it holds little for us
        say(client, a_request(f"{WEATHER}/huge", "Connection: close"))
        read = drained(client, 1)
        while not lane.look(connection._transport.is_closing):
            read += len(client.socket.recv(65_536))
        held = lane.look(connection._transport.get_write_buffer_size)
        wait_for_timers(lane, 31)

        assert held > 0
        while more := len(client.socket.recv(65_536)):
            read += more
        assert read == HUGE


def wait_for_timers(lane, seconds):
    """Until all timers of the loop's went off that are due in so many seconds from now."""
    passed = threading.Event()
    lane.look(lambda: lane.loop.call_later(seconds, passed.set))
    assert passed.wait(60)
