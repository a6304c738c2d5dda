import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.counters.local import LocalLedger
from gateway.domain.ids import SubscriptionId
from gateway.domain.plans import Window
from gateway.pipeline.refusals import Failure

ROOT = Path(__file__).parents[3]
SUBSCRIPTION = SubscriptionId("sub_1")
NOON = 1_795_348_800.0
PLAN = [Window("minute", 60), Window("day", 1000)]

WORKER = """
import sys
from pathlib import Path
from gateway.counters.local import LocalLedger
from gateway.domain.plans import Window

ledger = LocalLedger(Path(sys.argv[1]), lambda: 1795348800.0, patience=30)
plan = [Window("minute", 60), Window("day", 1000)]
for _ in range(int(sys.argv[2])):
    print(int(ledger.spend("sub_1", plan).admitted), flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    opened = LocalLedger(path, lambda: NOON)
    yield opened
    opened.close()


def a_worker(path, calls):
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path), str(calls)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_threads_that_open_a_new_ledger_at_once_all_get_it(tmp_path):
    together = threading.Barrier(8)

    def spend(ledger):
        together.wait(timeout=30)
        return ledger.spend(SUBSCRIPTION, PLAN).admitted

    for number in range(40):
        ledger = LocalLedger(tmp_path / f"{number}.sqlite", lambda: NOON)
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

    used = 1000 - ledger.left(SUBSCRIPTION, PLAN).left[1].remaining

    assert told <= used <= 60
    assert used <= told + 1  # a call may have been spent whose answer nobody heard


def test_threads_share_the_count(ledger):
    admitted = []

    def call():
        admitted.extend([ledger.spend(SUBSCRIPTION, PLAN).admitted for _ in range(30)])

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert admitted.count(True) == 60


def test_a_child_opens_its_own_connection(ledger):
    ledger.spend(SUBSCRIPTION, PLAN)
    before = len(ledger._opened)

    child = os.fork()
    if child == 0:
        good = ledger.spend(SUBSCRIPTION, PLAN).admitted and len(ledger._opened) == before + 1
        os._exit(0 if good else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert ledger.left(SUBSCRIPTION, PLAN).left[0].remaining == 58


def test_a_lock_that_is_held_too_long_is_a_ledger_that_is_away(path):
    impatient = LocalLedger(path, lambda: NOON, patience=0.01)
    impatient.spend(SUBSCRIPTION, PLAN)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(Failure) as caught:
        impatient.spend(SUBSCRIPTION, PLAN)

    assert caught.value.row.code == "ledger-away"
    holder.execute("ROLLBACK")
    assert impatient.spend(SUBSCRIPTION, PLAN).admitted
    holder.close()
    impatient.close()


def test_a_file_that_cannot_be_opened_is_a_ledger_that_is_away(tmp_path):
    with pytest.raises(Failure):
        LocalLedger(tmp_path / "nowhere" / "ledger.sqlite", lambda: NOON).spend(SUBSCRIPTION, PLAN)


def test_a_file_that_is_no_database_is_a_ledger_that_is_away(path):
    path.write_bytes(b"this is not a database, not at all" * 100)
    broken = LocalLedger(path, lambda: NOON)

    with pytest.raises(Failure):
        broken.left(SUBSCRIPTION, PLAN)

    broken.close()


def test_old_windows_are_swept_and_present_ones_are_not(path):
    times = iter([NOON, NOON + 90_000])
    ledger = LocalLedger(path, lambda: next(times))
    ledger.spend(SUBSCRIPTION, [Window("minute", 9), Window("month", 9)])

    ledger.spend(SUBSCRIPTION, [Window("minute", 9), Window("month", 9)])

    with sqlite3.connect(path) as reader:
        rows = reader.execute("SELECT period, calls FROM spent ORDER BY period").fetchall()
    reader.close()
    ledger.close()
    assert rows == [("minute", 1), ("month", 2)]
