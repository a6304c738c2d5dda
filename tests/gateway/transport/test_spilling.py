"""What waits for a client who reads slowly: order, bounds, and what is given back."""

from gateway.transport.collecting import MOST, Room
from gateway.transport.spilling import Spill


def a_room(most=10 * MOST):
    return Room(lambda: 0.0, 30.0, most)


def poured(spill):
    pieces = []
    while spill:
        pieces.append(spill.give())
    return b"".join(pieces)


def test_what_is_laid_aside_leaves_in_its_order_whatever_comes_meanwhile():
    spill = Spill(a_room())
    first, second, third = b"a" * 100_000, b"b" * 10, b"c" * 70_000
    for piece in (first, second):
        assert spill.take(piece)
    begun = spill.give()
    assert spill.take(third)

    assert begun + poured(spill) == first + second + third


def test_what_has_left_gives_its_room_back_and_there_is_room_again():
    room = a_room()
    spill = Spill(room)
    for _ in range(3):
        assert spill.take(bytes(MOST))
        held = room.left
        assert poured(spill) == bytes(MOST)

        assert (held, room.left) == (9 * MOST, 10 * MOST)


def test_one_reply_has_its_bound_and_so_have_all_together():
    room = a_room(MOST + 10)
    one, other = Spill(room), Spill(room)

    assert [one.take(bytes(MOST)), one.take(b"a"), other.take(b"0123456789"), other.take(b"a")] == [
        True,
        False,
        True,
        False,
    ]
    assert (len(poured(one)), poured(other)) == (MOST, b"0123456789")


def test_what_nobody_will_read_any_more_gives_its_room_back():
    room = a_room()
    spill = Spill(room)
    spill.take(bytes(100_000))

    spill.close()

    assert (bool(spill), spill.give(), room.left) == (False, b"", 10 * MOST)
