"""Whether somebody reads, as the kernel knows it: real sockets, and the loop of the worker or Python's own."""

import asyncio
import socket
from functools import partial

import pytest
import uvloop

from gateway.transport.progress import LEAST_RATE, Progress, untaken
from tests.certificates import tls_of_this_machine

LONG = bytes(16 * 1024 * 1024)
"""More than any kernel holds."""


def connected(family="tcp"):
    if family == "unix":
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader = socket.create_connection(listening.getsockname())
        return listening.accept()[0], reader


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def loop(request):
    made = request.param()
    yield made
    made.close()


@pytest.fixture(params=["tcp", "unix"])
def ends(loop, request):
    """A transport to which much was written, and the socket of whoever is to read it."""
    here, reader = connected(request.param)
    transport, _ = loop.run_until_complete(loop.connect_accepted_socket(asyncio.Protocol, here))
    transport.write(LONG)
    yield transport, reader
    transport.abort()
    reader.close()
    loop.run_until_complete(asyncio.sleep(0))


def settle(loop, transport):
    """Turn the loop until nothing more is taken."""
    before, now = -1, untaken(transport)
    while before != now:
        loop.run_until_complete(asyncio.sleep(0.05))
        before, now = now, untaken(transport)
    return now


@pytest.fixture
def progress(loop, ends):
    """Of a reader who is waited for since 0, and is lent 200 seconds."""
    transport, _ = ends
    settle(loop, transport)
    made = Progress()
    made.begin(transport, now=0, lent=200)
    return made


def take(loop, ends, least):
    """Read until so many bytes are seen to be taken; how many were."""
    transport, reader = ends
    before = settle(loop, transport)
    while before - settle(loop, transport) < least:
        reader.recv(65_536)
    return before - untaken(transport)


def test_a_steady_reader_is_waited_for_though_it_is_seen_to_take_something_only_now_and_then(loop, ends, progress):
    transport, _ = ends
    now = 0.0
    for _ in range(4):
        looks = [progress.is_made(transport, now + seconds) for seconds in (30, 60, 90, 120, 150, 180)]
        now += 194
        take(loop, ends, 194 * LEAST_RATE)

        assert (looks, progress.is_made(transport, now)) == ([True] * 6, True)


def test_whoever_stops_reading_is_waited_for_as_long_as_was_lent_however_much_it_took_before(loop, ends, progress):
    transport, _ = ends
    take(loop, ends, 1000 * LEAST_RATE)

    assert [progress.is_made(transport, now) for now in (1, 200, 202)] == [True, True, False]


def test_whoever_reads_a_byte_now_and_then_makes_no_progress(loop, ends, progress):
    transport, _ = ends
    taken = take(loop, ends, 65_536)

    assert not progress.is_made(transport, now=200 + taken / LEAST_RATE)


def test_whoever_had_nothing_left_to_take_makes_no_progress(loop):
    here, reader = connected()
    with reader:
        transport, _ = loop.run_until_complete(loop.connect_accepted_socket(asyncio.Protocol, here))
        progress = Progress()
        progress.begin(transport, now=0, lent=200)

        assert not progress.is_made(transport, now=1)
        transport.abort()
        loop.run_until_complete(asyncio.sleep(0))


@pytest.mark.parametrize("ends", ["unix"], indirect=True)  # TCP counts what is taken, not only what is left
def test_what_comes_behind_a_full_transport_is_no_sign_that_nobody_reads(ends, progress):
    transport, _ = ends
    transport.write(bytes(65_536))

    assert [progress.is_made(transport, now) for now in (201, 402)] == [True, False]


def test_what_tls_has_passed_on_and_nobody_sees_is_progress_when_it_is_taken(loop, tmp_path):
    shown, trusting = tls_of_this_machine(tmp_path)
    here, reader = connected()
    for end, size in ((here, socket.SO_SNDBUF), (reader, socket.SO_RCVBUF)):
        end.setsockopt(socket.SOL_SOCKET, size, 16_384)
    accepting = loop.create_task(loop.connect_accepted_socket(asyncio.Protocol, here, ssl=shown))
    wrapping = loop.run_in_executor(None, partial(trusting.wrap_socket, reader, server_hostname="127.0.0.1"))
    (transport, _), client = loop.run_until_complete(asyncio.gather(accepting, wrapping))
    transport.write(bytes(400_000))
    seen, progress = settle(loop, transport), Progress()
    progress.begin(transport, now=0, lent=200)
    for _ in range(10):
        loop.run_until_complete(loop.run_in_executor(None, client.recv, 16_384))

    assert seen - settle(loop, transport) < 50 * LEAST_RATE
    assert progress.is_made(transport, now=300)
    transport.abort()
    client.close()
    loop.run_until_complete(asyncio.sleep(0))


@pytest.mark.parametrize("ends", ["tcp"], indirect=True)  # elsewhere the kernel counts its own buffers too
def test_what_is_not_taken_is_all_that_was_written_and_not_read_or_held_for_reading(loop, ends):
    transport, reader = ends
    left = settle(loop, transport)

    held = len(LONG) - left
    assert 0 < held < len(LONG)
    assert left > transport.get_write_buffer_size() > 0
    assert len(reader.recv(1)) == 1


def test_of_a_connection_that_is_gone_only_what_we_hold_is_left(loop, ends):
    transport, _ = ends
    transport.abort()
    loop.run_until_complete(asyncio.sleep(0))

    assert untaken(transport) == 0
