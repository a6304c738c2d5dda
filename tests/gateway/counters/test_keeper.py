import threading

from gateway.counters.keeper import Keeper
from tests.waiting import eventually


def test_it_looks_around_again_and_again_until_it_is_stopped():
    looks: list[object] = []
    keeper = Keeper(lambda: looks.append(1), looks.append)
    keeper.start()

    eventually(lambda: len(looks) >= 2)
    keeper.stop()

    assert not [thread for thread in threading.enumerate() if thread.name == "guichet-leases"]


def test_it_does_what_it_is_told_at_once():
    told = threading.Event()
    keeper = Keeper(lambda: None, lambda _key: told.set())
    assert keeper.start()
    keeper.ask("sub_1")

    assert told.wait(30)
    keeper.stop()


def test_what_goes_wrong_once_does_not_end_it():
    done = []

    def more(key):
        done.append(key)
        raise ValueError(key)

    keeper = Keeper(lambda: None, more)
    keeper.start()
    keeper.ask("one")
    keeper.ask("two")

    eventually(lambda: done == ["one", "two"])
    keeper.stop()


def test_it_runs_once_and_only_when_it_is_started():
    keeper = Keeper(lambda: None, lambda _key: None)
    keeper.stop()

    assert [keeper.start(), keeper.start()] == [True, False]
    keeper.stop()
