"""What leaves together, and in which order."""

from collections.abc import Callable

from gateway.http.outbox import LONG, Outbox


class Wire:
    def __init__(self, log, *, is_open=True):
        self.log = log
        self.is_open = is_open

    def write(self, data):
        self.log.append(data)

    def is_closing(self):
        return not self.is_open

    def abort(self):
        self.is_open = False


class Turn:
    """A turn of a loop: what is to be called when it is over."""

    def __init__(self):
        self.due: list[Callable[[], None]] = []
        self.log: list[bytes] = []
        self.outbox = Outbox(self.due.append)

    def end(self):
        due, self.due[:] = list(self.due), []
        for call in due:
            call()


def test_nothing_leaves_before_the_turn_is_over():
    turn = Turn()
    log = turn.log
    turn.outbox.post(Wire(log), b"a")
    before = list(log)

    turn.end()

    assert (before, log) == ([], [b"a"])


def test_what_was_posted_to_one_transport_in_a_turn_leaves_in_order_in_one_write():
    turn = Turn()
    log = turn.log
    one, other = Wire(log), Wire(log)
    for transport, data in [(one, b"a"), (other, b"b"), (one, b"c")]:
        turn.outbox.post(transport, data)

    asked = len(turn.due)
    turn.end()

    assert (asked, log) == (1, [b"ac", b"b"])


def test_a_transport_that_cannot_be_written_to_is_cut_and_those_behind_it_are_written_to():
    turn = Turn()

    class Broken(Wire):
        def write(self, data):
            raise RuntimeError("the handler is closed")

    broken = Broken(turn.log)
    turn.outbox.post(broken, b"lost")
    turn.outbox.post(Wire(turn.log), b"a")

    turn.end()

    assert (broken.is_open, turn.log) == (False, [b"a"])


def test_a_transport_that_was_closed_meanwhile_is_left_alone_and_the_others_are_not():
    turn = Turn()
    log = turn.log
    turn.outbox.post(Wire(log, is_open=False), b"lost")
    turn.outbox.post(Wire(log), b"a")

    turn.end()

    assert log == [b"a"]


def test_whoever_hands_a_transport_over_sends_first_what_was_posted():
    turn = Turn()
    log = turn.log
    turn.outbox.post(Wire(log), b"a")

    turn.outbox.flush()
    turn.end()

    assert log == [b"a"]


def test_what_is_posted_while_the_turn_ends_leaves_at_the_end_of_the_next_one():
    turn = Turn()
    log = turn.log

    class Slow(Wire):
        def write(self, data):
            super().write(data)
            turn.outbox.post(Wire(log), b"told")

    turn.outbox.post(Slow(log), b"a")
    turn.end()
    before = list(log)
    turn.end()

    assert (before, log) == ([b"a"], [b"a", b"told"])


def test_what_is_sent_within_a_write_leaves_behind_what_was_posted_before_and_nothing_is_lost():
    turn = Turn()
    log = turn.log
    behind, last = Wire(log), Wire(log)

    class Full(Wire):
        def write(self, data):
            super().write(data)
            turn.outbox.post(behind, bytes(LONG))  # which flushes
            turn.outbox.post(behind, b"later")

    for transport, data in [(Full(log), b"a"), (behind, b"b"), (last, b"c")]:
        turn.outbox.post(transport, data)
    turn.end()
    turn.end()

    assert log == [b"a", b"b" + bytes(LONG), b"c", b"later"]


def test_a_turn_in_which_much_was_flushed_has_one_end():
    turn = Turn()
    for _ in range(3):
        turn.outbox.post(Wire(turn.log), b"a")
        turn.outbox.flush()

    assert len(turn.due) == 1


def test_what_is_long_leaves_at_once_behind_what_was_posted_before():
    turn = Turn()
    log = turn.log
    turn.outbox.post(Wire(log), b"a")

    turn.outbox.post(Wire(log), bytes(LONG))

    assert log == [b"a", bytes(LONG)]
