import errno
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.store import journal as journal_module
from gateway.store.journal import Journal, Segment
from tests.fixtures.consuming import MOMENT

ROOT = Path(__file__).parents[3]


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "usage", lambda: MOMENT)


def taken_lines(segment: Segment | None) -> list[bytes]:
    assert segment is not None
    return [line.removesuffix(b"\n") for line in segment.lines()]


@contextmanager
def no_more_descriptors():
    """As if this process had as many open as it may."""
    resource = pytest.importorskip("resource", reason="limits of processes are not known here")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))  # the only one below it is there
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_lines_are_on_disk_as_soon_as_they_are_kept(journal, tmp_path):
    journal.append(b"one\n")
    journal.append(b"two\n")

    (path,) = (tmp_path / "usage").iterdir()

    assert path.read_bytes().rstrip(b"\0") == b"one\ntwo\n"


def test_what_is_handed_on_is_an_orphan_at_once_and_the_next_line_finds_room(journal, tmp_path):
    journal.append(b"one\n")
    journal.hand_on()
    room = max(path.stat().st_size for path in (tmp_path / "usage").iterdir())
    journal.append(b"two\n")

    assert [taken_lines(segment) for segment in journal.orphans()] == [[b"one"]]
    assert taken_lines(journal.take()) == [b"two"]
    assert room >= 4


def test_nothing_more_is_handed_on_before_that_is_counted(journal):
    for line in (b"one\n", b"two\n"):
        journal.append(line)
        journal.hand_on()

    (orphan,) = journal.orphans()
    orphan.delete()
    journal.hand_on()

    assert journal.left()
    assert [taken_lines(segment) for segment in journal.orphans()] == [[b"two"]]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_on_a_full_disk_lines_are_handed_on_and_nothing_is_left_open(journal, tmp_path, monkeypatch):
    journal.append(b"one\n")
    before = open_files()

    def full(*_asked):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    journal.hand_on()

    assert open_files() < before
    assert len(list((tmp_path / "usage").iterdir())) == 1
    assert [taken_lines(segment) for segment in journal.orphans()] == [[b"one"]]


def test_who_writes_nothing_leaves_nothing_on_disk(journal, tmp_path):
    journal.append(b"one\n")
    journal.hand_on()
    (orphan,) = journal.orphans()
    orphan.delete()

    journal.hand_on()
    journal.hand_on()

    assert list((tmp_path / "usage").iterdir()) == []
    assert journal.take() is None


def test_only_its_owner_reads_a_journal(journal, tmp_path):
    journal.append(b"one\n")

    (path,) = (tmp_path / "usage").iterdir()

    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_what_is_taken_is_taken_once_and_the_next_line_begins_anew(journal):
    journal.append(b"one\n")
    first = journal.take()
    nothing = journal.take()
    journal.append(b"two\n")
    second = journal.take()

    assert nothing is None
    assert (taken_lines(first), taken_lines(second)) == ([b"one"], [b"two"])
    assert first.name != second.name


def test_a_segment_that_is_held_is_nobody_elses(journal, tmp_path):
    journal.append(b"one\n")
    other = Journal(tmp_path / "usage", lambda: MOMENT)

    while_writing = list(other.orphans())
    taken = journal.take()
    while_counting = list(other.orphans())
    taken.release()
    afterwards = [segment.name for segment in other.orphans()]

    assert (while_writing, while_counting, afterwards) == ([], [], [taken.name])


def test_an_orphan_is_claimed_by_one_of_two(journal, tmp_path):
    journal.append(b"one\n")
    journal.take().release()
    other = Journal(tmp_path / "usage", lambda: MOMENT)

    claimed = [segment.name for segment in journal.orphans()]
    meanwhile = list(other.orphans())

    assert (len(claimed), meanwhile) == (1, [])


def test_a_deleted_segment_is_gone(journal, tmp_path):
    journal.append(b"one\n")
    journal.take().delete()

    assert list((tmp_path / "usage").iterdir()) == []


def test_a_segment_that_was_set_aside_stays_but_is_no_orphan(journal, tmp_path):
    journal.append(b"one\n")
    journal.take().set_aside()

    (path,) = (tmp_path / "usage").iterdir()

    assert path.read_bytes() == b"one\n"  # nothing is left of what was allocated
    assert list(journal.orphans()) == []


def test_a_segment_that_grew_too_large_is_left_for_another(journal, monkeypatch):
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 8)
    for _ in range(3):
        journal.append(b"four\n")

    full = [taken_lines(segment) for segment in journal.orphans()]

    assert (full, taken_lines(journal.take())) == ([[b"four", b"four"]], [b"four"])


def test_a_full_disk_takes_no_line_and_spoils_none(journal, monkeypatch):
    monkeypatch.setattr(journal_module, "_FIRST_BYTES", 4)
    resource = pytest.importorskip("resource", reason="file size limits are not known here")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6, hard))
    try:
        journal.append(b"one\n")
        with pytest.raises(OSError, match="File too large"):
            journal.append(b"not kept\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    journal.append(b"two\n")

    assert taken_lines(journal.take()) == [b"one", b"two"]


def test_a_mapping_that_is_refused_takes_no_line_and_no_more_of_the_disk_each_time(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "_FIRST_BYTES", 16)
    journal.append(b"one\n")
    (path,) = (tmp_path / "usage").iterdir()

    with no_more_descriptors():  # a mapping has one of its own
        for _ in range(5):
            with pytest.raises(OSError, match="Too many open files"):
                journal.append(b"longer than there is room\n")
        journal.append(b"two\n")  # for which there is room still
        allocated = path.stat().st_size
    journal.append(b"longer than there was room\n")

    assert allocated == 32
    assert taken_lines(journal.take()) == [b"one", b"two", b"longer than there was room"]


def test_a_segment_grows_with_its_lines(journal, monkeypatch):
    monkeypatch.setattr(journal_module, "_FIRST_BYTES", 16)
    lines = [b"line %d\n" % number for number in range(100)]
    for line in lines:
        journal.append(line)

    assert list(journal.take().lines()) == lines


def test_a_line_that_was_cut_by_a_kill_has_no_end_and_what_was_allocated_behind_it_is_no_line(journal, tmp_path):
    journal.append(b"one\n")
    journal.append(b"cut in tw")
    journal.forget()

    (orphan,) = Journal(tmp_path / "usage", lambda: MOMENT).orphans()

    assert list(orphan.lines()) == [b"one\n", b"cut in tw"]


def test_a_killed_process_leaves_all_its_lines_for_anyone_to_claim(journal, tmp_path):
    writer = dedent(f"""\
        import os, signal, time
        from pathlib import Path
        from gateway.store.journal import Journal

        journal = Journal(Path({str(tmp_path / "usage")!r}), time.time)
        for number in range(1_000):
            journal.append(b"line %d\\n" % number)
        os.kill(os.getpid(), signal.SIGKILL)
        """)

    ended = subprocess.run([sys.executable, "-c", writer], cwd=ROOT, check=False)
    (orphan,) = journal.orphans()

    assert ended.returncode == -signal.SIGKILL
    assert taken_lines(orphan) == [b"line %d" % number for number in range(1_000)]


def test_a_forked_child_begins_its_own_and_leaves_the_parents_alone(journal, tmp_path):
    journal.append(b"parent\n")
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        journal.forget()
        journal.append(b"child\n")
        os._exit(0)
    os.waitpid(child, 0)

    orphans = [taken_lines(segment) for segment in journal.orphans()]
    journal.append(b"parent again\n")

    assert orphans == [[b"child"]]
    assert taken_lines(journal.take()) == [b"parent", b"parent again"]


def test_it_is_known_how_long_the_oldest_segment_has_waited_whoever_holds_it(journal, tmp_path):
    nothing = journal.waits()
    other = Journal(tmp_path / "usage", lambda: MOMENT - 2.5)
    other.append(b"older\n")
    journal.append(b"one\n")
    waited = journal.waits()
    if older := other.take():
        older.delete()

    assert (nothing, waited, journal.waits()) == (0, 2.5, 0)


@pytest.mark.parametrize("name", ["x.calls", "1795348800000.calls", "copy of 1795348800000-1-0123456789abcdef.calls"])
def test_a_file_that_is_none_of_ours_is_not_waited_for_and_not_counted(journal, tmp_path, name):
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / name).write_bytes(b"whatever\n")

    assert (journal.waits(), list(journal.orphans())) == (0, [])
