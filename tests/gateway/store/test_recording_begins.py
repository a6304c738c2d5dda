import threading

from gateway.store.recording import UsageRecorder
from tests.fixtures.consuming import MOMENT, finished


def test_the_first_call_of_a_process_begins_what_runs_beside_and_no_other_does(database, tmp_path):
    began = threading.Event()
    times: list[int] = []

    def begin() -> None:
        times.append(1)
        began.set()

    recorder = UsageRecorder(database, tmp_path / "usage", lambda: MOMENT, begin=begin)
    assert times == []
    for _ in range(3):
        recorder.record(finished())

    assert began.wait(10)
    recorder.close()
    assert times == [1]
