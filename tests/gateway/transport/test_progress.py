"""Whether somebody reads, as the kernel knows it: real sockets, and the loop of the worker or Python's own."""

import asyncio
import socket

import pytest
import uvloop

from gateway.transport.progress import Progress, untaken

LONG = bytes(16 * 1024 * 1024)
"""More than any kernel holds."""


def connected():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader = socket.create_connection(listening.getsockname())
        return listening.accept()[0], reader


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def loop(request):
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def ends(loop):
    """A transport to which much was written, and the socket of whoever is to read it."""
    here, reader = connected()
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


def test_whoever_reads_a_little_makes_progress_and_whoever_stops_makes_none(loop, ends):
    transport, reader = ends
    progress = Progress()
    settle(loop, transport)
    progress.begin(transport)

    stopped = progress.is_made(transport, 30)
    for _ in range(16):
        reader.recv(65_536)
    settle(loop, transport)
    read = progress.is_made(transport, 30)
    stopped_again = progress.is_made(transport, 30)

    assert (stopped, read, stopped_again) == (False, True, False)


def test_whoever_reads_a_byte_now_and_then_makes_no_progress(loop, ends):
    transport, reader = ends
    progress = Progress()
    settle(loop, transport)
    progress.begin(transport)
    for _ in range(16):
        reader.recv(65_536)
    settle(loop, transport)

    assert not progress.is_made(transport, seconds=len(LONG))


def test_what_comes_behind_a_full_transport_is_no_sign_that_nobody_reads(loop, ends):
    transport, _ = ends
    progress = Progress()
    settle(loop, transport)
    progress.begin(transport)
    transport.write(bytes(65_536))

    assert [progress.is_made(transport, 30) for _ in range(2)] == [True, False]


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
