import os
import ssl
import threading
from dataclasses import replace

import pytest

from gateway.pipeline.service import Tls
from gateway.upstream.addresses import OURSELVES, AddressPolicy, AddressRefused
from gateway.upstream.balancing import Place
from gateway.upstream.connections import _MAX_IDLE, Pool
from gateway.upstream.sending import MAX_IDLE_SECONDS
from tests.loopback import serving


def staying(line):
    """Keeps the connection open until the client hangs up."""
    line.read(1)


@pytest.fixture
def pool():
    opened = Pool(AddressPolicy.of(["127.0.0.0/8"]), ssl.create_default_context())
    yield opened
    opened.close()


def place_of(server):
    return Place("http", "127.0.0.1", server.port, None)


def test_a_connection_that_was_given_back_is_taken_again(pool):
    with serving(staying) as server:
        first = pool.take(place_of(server), 2.0)
        pool.give_back(first)

        assert pool.take(place_of(server), 2.0) is first
        assert first.used
        first.close()


def test_two_calls_never_share_a_connection(pool):
    with serving(staying) as server:
        first, second = pool.take(place_of(server), 2.0), pool.take(place_of(server), 2.0)

        assert first is not second
        first.close()
        second.close()


def test_a_connection_belongs_to_its_place_alone(pool):
    with serving(staying) as server:
        pool.give_back(pool.take(place_of(server), 2.0))
        other = pool.take(place_of(server)._replace(tls=Tls()), 2.0)

        assert not other.used
        other.close()
        pool.close()


def test_the_most_recently_used_is_taken_first(pool):
    with serving(staying) as server:
        taken = [pool.take(place_of(server), 2.0) for _ in range(3)]
        for connection in taken:
            pool.give_back(connection)

        assert pool.take(place_of(server), 2.0) is taken[-1]
        taken[-1].close()
        pool.close()


def test_only_so_many_idle_ones_are_kept(pool):
    with serving(staying) as server:
        taken = [pool.take(place_of(server), 2.0) for _ in range(_MAX_IDLE + 1)]
        for connection in taken:
            pool.give_back(connection)

        assert taken[0].socket.fileno() == -1
        assert all(connection.socket.fileno() != -1 for connection in taken[1:])
        pool.close()


def test_one_that_was_idle_too_long_is_not_taken(pool):
    with serving(staying) as server:
        old = pool.take(place_of(server), 2.0)
        pool.give_back(old)
        old.idle_since -= MAX_IDLE_SECONDS

        fresh = pool.take(place_of(server), 2.0)

        assert fresh is not old
        assert old.socket.fileno() == -1
        fresh.close()


def test_one_that_the_service_wrote_into_unasked_is_not_taken(pool):
    written = threading.Event()

    def speaking(line):
        line.write(b"HTTP/1.1 200 OK\r\n\r\nnobody asked")
        written.set()
        line.read(1)

    with serving(speaking) as server:
        first = pool.take(place_of(server), 2.0)
        assert written.wait(5)
        pool.give_back(first)

        second = pool.take(place_of(server), 2.0)

        assert second is not first
        second.close()


def test_the_parents_connections_are_not_the_childs(pool):
    with serving(staying) as server:
        pool.give_back(pool.take(place_of(server), 2.0))

        child = os.fork()
        if child == 0:
            taken = pool.take(place_of(server), 2.0)
            os._exit(1 if taken.used else 0)

        assert os.waitpid(child, 0)[1] == 0
        pool.close()


def test_a_target_that_became_ours_is_refused_at_the_next_connection():
    with serving(staying) as server:
        policy = AddressPolicy.of(["127.0.0.0/8"], own=[("127.0.0.1", server.port)])
        pool = Pool(policy, ssl.create_default_context())

        with pytest.raises(AddressRefused) as caught:
            pool.take(place_of(server), 2.0)

    assert caught.value.reason is OURSELVES
    assert server.connections == 0


def test_the_next_address_is_tried_when_one_does_not_answer():
    policy = replace(AddressPolicy.of(["127.0.0.0/8"]), resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"))
    pool = Pool(policy, ssl.create_default_context())
    with serving(staying) as server:
        connection = pool.take(place_of(server), 2.0)

        assert connection.socket.getpeername() == ("127.0.0.1", server.port)
        connection.close()


def test_it_is_told_how_many_are_idle(pool):
    with serving(staying) as server:
        first, second = pool.take(place_of(server), 2.0), pool.take(place_of(server), 2.0)
        pool.give_back(first)

        assert pool.idle == 1
        pool.give_back(second)
        assert pool.idle == 2
        pool.close()
