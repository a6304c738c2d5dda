import mmap

from gateway.counters.segments import BUCKET, HEADER_BYTES, Segment, digest_of, extent

ROW = 72


def a_segment(number=0):
    begin, end = extent(number, ROW)
    return Segment(number, mmap.mmap(-1, end - begin), ROW)


def given(segment, key, until=10):
    digest = digest_of(key)
    slot = next(segment.free(digest, now=5))
    segment.give(slot, digest, until)
    return slot


def test_segments_follow_each_other_and_each_can_be_mapped():
    extents = [extent(number, ROW) for number in range(11)]

    assert extents[0][0] == HEADER_BYTES
    assert all(begin % HEADER_BYTES == 0 for begin, _ in extents)
    assert [begin for begin, _ in extents[1:]] == [end for _, end in extents[:-1]]


def test_slots_are_numbered_through_all_segments_and_a_million_fit_in_ten():
    slots = [[slot.number for slot in each_slot(a_segment(number))] for number in (0, 1)]

    assert max(slots[0]) < min(slots[1]) < max(slots[1]) < 3 * 4 * BUCKET
    assert sum(4 * BUCKET << number for number in range(10)) > 1_000_000


def each_slot(segment):
    return [slot for number in range(40) for slot in segment.free(digest_of(f"key_{number}"), now=5)]


def test_a_key_is_found_where_it_was_put_and_no_other_is():
    segment = a_segment()
    slots = [given(segment, f"key_{number}") for number in range(200)]

    assert [segment.search(digest_of(f"key_{number}")) for number in range(200)] == slots
    assert segment.search(digest_of("another")) is None


def test_rows_times_and_keys_never_touch():
    slots = each_slot(a_segment())
    rows = [(slot.first, slot.first + ROW) for slot in {slot.number: slot for slot in slots}.values()]

    assert all(before[1] <= after[0] for before, after in zip(sorted(rows), sorted(rows)[1:], strict=False))
    assert max(slot.owner + 1 for slot in slots) < min(slot.until for slot in slots)
    assert max(slot.until for slot in slots) < min(slot.first for slot in slots)


def test_a_slot_that_is_given_away_is_no_longer_the_old_keys_and_its_row_is_empty():
    segment = a_segment()
    old = given(segment, "old")
    old.words[old.first] = old.words[old.first + ROW - 1] = 7
    digest = old_bucket_digest(segment, old)

    slot = next(slot for slot in segment.free(digest, now=11) if slot.number == old.number)
    segment.give(slot, digest, 20)

    assert segment.search(digest_of("old")) is None
    assert old.words[old.owner] != old.mark
    assert set(slot.words[slot.first : slot.first + ROW].tolist()) == {0}


def old_bucket_digest(segment, old):
    digests = (digest_of(f"new_{number}") for number in range(1_000))
    return next(d for d in digests if old.number in [slot.number for slot in segment.free(d, now=11)])


def test_the_end_of_one_key_and_the_beginning_of_the_next_are_no_key():
    segment, digest = a_segment(), digest_of("astride")
    for bucket in range(4):
        begin = bucket * BUCKET * 16
        segment._mapped[begin + 8 : begin + 24] = digest

    assert segment.search(digest) is None
    assert segment.search(digest_of("another")) is None
    assert segment.search(given(segment, "astride") and digest) is not None
