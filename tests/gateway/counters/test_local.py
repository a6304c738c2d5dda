import os
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.counters.local import LocalLedger
from gateway.domain.plans import Charge, Window
from gateway.pipeline.refusals import Failure

ROOT = Path(__file__).parents[3]
SUBSCRIPTION = "sub_1"
NOON = 1_795_348_800.0
PLAN = [Window("minute", 60), Window("day", 1000)]

WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from gateway.counters.local import LocalLedger
from gateway.domain.plans import Charge, Window

ledger = LocalLedger(Path(sys.argv[1]), lambda: 1795348800.0, patience=30)
plan = eval(sys.argv[3])

def call(tell=None):
    admitted = 0
    for _ in range(int(sys.argv[2])):
        passed = ledger.spend((Charge("sub_1", tuple(plan)),)).admitted
        admitted += passed
        if tell:
            tell(int(passed), flush=True)
    return admitted

threads = int(sys.argv[4])
if threads > 1:
    with ThreadPoolExecutor(threads) as pool:
        print(sum(pool.map(lambda _: call(), range(threads))))
else:
    call(print)
"""

HOLDER = """
import os, signal, sys
from pathlib import Path
from gateway.counters.local import LocalLedger

ledger = LocalLedger(Path(sys.argv[1]), lambda: 1795348800.0)
ledger._table.hold("sub_1", lambda slot, given: [WORK], None)
"""


def of(who, windows):
    """The charges of a call of one caller."""
    return (Charge(who, tuple(windows)),)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.table"


@pytest.fixture
def ledger(path):
    opened = LocalLedger(path, lambda: NOON)
    yield opened
    opened.close()


def started(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def a_worker(path, calls, plan=PLAN, threads=1):
    """Tells after each call whether it passed; one of several threads tells at the end how many did."""
    return started(WORKER, path, calls, repr(plan), threads)


def holding(path, work):
    """A process that does something while it holds the subscription."""
    return started(HOLDER.replace("[WORK]", f"[{work}]" if ";" not in work else f"exec({work!r})"), path)


def test_threads_that_open_a_new_ledger_at_once_all_get_it(tmp_path):
    together = threading.Barrier(8)

    def spend(ledger):
        together.wait(timeout=30)
        return ledger.spend(of(SUBSCRIPTION, PLAN)).admitted

    for number in range(40):
        ledger = LocalLedger(tmp_path / f"{number}.table", lambda: NOON)
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(spend, [ledger] * 8))
        ledger.close()


def test_four_processes_together_never_pass_the_limit(path):
    workers = [a_worker(path, 40) for _ in range(4)]

    admitted = sum(line == "1\n" for worker in workers for line in worker.communicate(timeout=60)[0].splitlines(True))

    assert [worker.returncode for worker in workers] == [0] * 4
    assert admitted == 60


def test_a_killed_process_takes_nothing_with_it(path, ledger):
    with a_worker(path, 10**9) as worker:
        assert worker.stdout is not None
        seen = [worker.stdout.readline() for _ in range(20)]
        os.kill(worker.pid, signal.SIGKILL)
        seen += worker.stdout.readlines()
    told = seen.count("1\n")

    used = 1000 - ledger.left(of(SUBSCRIPTION, PLAN)).left[1].remaining

    assert told <= used <= 60
    assert used <= told + 1  # a call may have been spent whose answer nobody heard


def test_threads_share_the_count(ledger):
    admitted = []

    def call():
        admitted.extend([ledger.spend(of(SUBSCRIPTION, PLAN)).admitted for _ in range(30)])

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert admitted.count(True) == 60


def test_a_child_opens_its_own_table(ledger):
    ledger.spend(of(SUBSCRIPTION, PLAN))

    child = os.fork()
    if child == 0:
        closed = ledger._table._file == -1
        good = ledger.spend(of(SUBSCRIPTION, PLAN)).admitted and closed
        os._exit(0 if good else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert ledger.left(of(SUBSCRIPTION, PLAN)).left[0].remaining == 58


def test_a_stopped_holder_is_a_ledger_that_is_away_until_it_goes_on(path):
    impatient = LocalLedger(path, lambda: NOON, patience=0.01)
    with holding(path, "os.kill(os.getpid(), signal.SIGSTOP)") as holder:
        os.waitpid(holder.pid, os.WUNTRACED)

        with pytest.raises(Failure) as caught:
            impatient.spend(of(SUBSCRIPTION, PLAN))

        assert caught.value.row.code == "ledger-away"
        with pytest.raises(Failure):
            impatient.left(of(SUBSCRIPTION, PLAN))
        assert impatient.spend(of("sub_2", PLAN)).admitted
        os.kill(holder.pid, signal.SIGCONT)
        assert holder.wait(timeout=30) == 0
    assert impatient.spend(of(SUBSCRIPTION, PLAN)).admitted
    impatient.close()


def test_a_killed_holder_leaves_nothing_locked(path):
    impatient = LocalLedger(path, lambda: NOON, patience=0.01)
    with holding(path, "os.kill(os.getpid(), signal.SIGKILL)") as holder:
        assert holder.wait(timeout=30) == -signal.SIGKILL

    assert impatient.spend(of(SUBSCRIPTION, PLAN)).admitted
    impatient.close()


def test_a_child_that_lives_on_does_not_keep_what_its_killed_parent_locked(path):
    impatient = LocalLedger(path, lambda: NOON, patience=0.01)
    work = "os.fork() or (print(os.getpid(), flush=True), signal.pause()); os.kill(os.getpid(), signal.SIGKILL)"
    with holding(path, work) as holder:
        child = int(holder.stdout.readline())
        assert holder.wait(timeout=30) == -signal.SIGKILL

        admitted = impatient.spend(of(SUBSCRIPTION, PLAN)).admitted

        os.kill(child, signal.SIGKILL)
    assert admitted
    impatient.close()


def test_processes_of_many_threads_reach_the_limit_and_never_pass_it(path):
    many = [Window("minute", 3000), Window("day", 2500)]
    workers = [a_worker(path, 250, many, threads=4) for _ in range(4)]

    told = [int(worker.communicate(timeout=60)[0].split()[-1]) for worker in workers]
    more = a_worker(path, 400, many, threads=4)
    told.append(int(more.communicate(timeout=60)[0].split()[-1]))
    ledger = LocalLedger(path, lambda: NOON)

    assert told[:4] != [0] * 4
    assert sum(told) == 2500
    assert [line.remaining for line in ledger.left(of(SUBSCRIPTION, many)).left] == [500, 0]
    ledger.close()


def test_counts_lie_between_what_was_answered_and_one_more_for_each_kill(path, ledger):
    plan = [Window("minute", 10**9), Window("day", 10**9)]
    told = 0
    for kill in range(12):
        with a_worker(path, 10**9, plan) as worker:
            seen = [worker.stdout.readline() for _ in range(kill * 7 + 1)]
            os.kill(worker.pid, signal.SIGKILL)
            seen += worker.stdout.readlines()
        told += seen.count("1\n")

        for line in ledger.left(of(SUBSCRIPTION, plan)).left:
            assert told <= 10**9 - line.remaining <= told + kill + 1


def test_a_file_that_cannot_be_opened_is_a_ledger_that_is_away(tmp_path):
    with pytest.raises(Failure):
        LocalLedger(tmp_path / "nowhere" / "ledger.table", lambda: NOON).spend(of(SUBSCRIPTION, PLAN))


def test_a_file_that_is_no_table_is_refused_and_left_as_it_is(path):
    foreign = b"this is not a table, not at all" * 100
    path.write_bytes(foreign)
    broken = LocalLedger(path, lambda: NOON)

    with pytest.raises(Failure) as caught:
        broken.left(of(SUBSCRIPTION, PLAN))
    with pytest.raises(Failure):
        broken.spend(of(SUBSCRIPTION, PLAN))

    assert "is no table of this version" in str(caught.value.__context__)
    assert path.read_bytes() == foreign
    broken.close()


def test_a_file_that_was_cut_short_is_refused(path, ledger):
    ledger.spend(of(SUBSCRIPTION, PLAN))
    ledger.close()
    os.truncate(path, 70_000)

    with pytest.raises(Failure):
        ledger.spend(of(SUBSCRIPTION, PLAN))


def test_a_maker_that_was_killed_before_its_header_was_written_is_no_harm(path, ledger):
    path.write_bytes(bytes(70_000))

    assert ledger.spend(of(SUBSCRIPTION, PLAN)).admitted


def test_a_disk_without_room_is_a_ledger_that_is_away_and_then_all_is_well(path, ledger):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(Failure):
            ledger.spend(of(SUBSCRIPTION, PLAN))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert ledger.spend(of(SUBSCRIPTION, PLAN)).admitted


def spend_on_many(ledger):
    return sum(ledger.spend(of(f"new_{number}", PLAN)).admitted for number in range(2_000))


def test_when_there_is_no_room_to_grow_those_who_are_counted_are_counted_on(path, ledger):
    ledger.spend(of(SUBSCRIPTION, PLAN))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        with pytest.raises(Failure):
            spend_on_many(ledger)
        kept = ledger.spend(of(SUBSCRIPTION, PLAN))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [line.remaining for line in kept.left] == [58, 998]
    assert spend_on_many(ledger) == 2_000


def test_a_hundred_thousand_accounts_cost_a_worker_less_than_a_hundred_mebibytes(path):
    """What is counted is in the file; only where it is there is remembered, and not of all of them."""
    grew = f"""
        import re
        from pathlib import Path
        from gateway.counters.local import LocalLedger
        from gateway.domain.plans import Charge, Window

        def private():
            return int(re.search("RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

        ledger = LocalLedger(Path({str(path)!r}), lambda: {NOON})
        windows = (Window("minute", 60), Window("day", 1_000))
        ledger.spend((Charge("sub_0", windows),))
        before = private()
        for number in range(100_000):
            assert ledger.spend((Charge(f"sub_{{number:026d}}", windows),)).admitted
        print(private() - before)
    """
    told = subprocess.run([sys.executable, "-c", dedent(grew)], cwd=ROOT, stdout=subprocess.PIPE, check=True)

    assert 1 < float(told.stdout) < 100


def test_how_it_stands_is_told(path, ledger):
    well = ledger.standing()
    broken = LocalLedger(path.parent, lambda: NOON).standing()

    assert (well.place, well.is_shared, well.away_seconds) == (path.name, False, None)
    assert broken.away_seconds is not None


def test_a_month_is_kept_when_the_day_is_long_over(path):
    times = iter([NOON, NOON, NOON + 90_000])
    ledger = LocalLedger(path, lambda: next(times))
    ledger.spend(of(SUBSCRIPTION, [Window("minute", 9), Window("month", 9)]))

    later = ledger.spend(of(SUBSCRIPTION, [Window("minute", 9), Window("month", 9)]))

    ledger.close()
    assert [line.remaining for line in later.left] == [8, 7]
