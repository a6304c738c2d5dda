import threading

import pytest

from gateway.domain.plans import Budget, Charge
from gateway.pipeline.effects import FindApplication, FindKey, Spend
from gateway.pipeline.ports import Finished
from gateway.pipeline.recording import Trail
from gateway.pipeline.refusals import LEDGER_AWAY, STORE_AWAY, Failure
from gateway.transport.runtime import Runtime
from tests.builders import (
    APPLICATION,
    MINUTE,
    CannedUpstream,
    EditableCatalogue,
    KeptRecords,
    KnownConsumers,
    a_call,
    a_consumer,
    a_reply,
    a_snapshot,
)


class NoLedger:
    is_shared = False

    def spend(self, charges, when_away="leased"):
        return ("spent", charges)

    def spend_at_once(self, charges, otherwise, when_away="leased"):
        return otherwise

    def enter(self, charges, when_away="leased"):
        return ("entered", charges)

    def enter_at_once(self, charges, otherwise, when_away="leased"):
        return otherwise

    def leave(self, stay):
        raise NotImplementedError

    def standing(self):
        raise NotImplementedError

    def left(self, charges):
        raise NotImplementedError


class Clock:
    """Seconds that pass when the test says so; `readings` counts who looked."""

    def __init__(self):
        self.seconds = 100.0
        self.readings = threading.Semaphore(0)

    def __call__(self):
        self.readings.release()
        return self.seconds


class HangingCatalogue(EditableCatalogue):
    """Reads what was edited, and then, while it hangs, does not say so before it is released."""

    def __init__(self, snapshot):
        super().__init__(snapshot)
        self.hangs, self.reached, self.released = False, threading.Event(), threading.Event()

    def changes_since(self, cursor):
        changed = super().changes_since(cursor)
        if self.hangs:
            self.reached.set()
            assert self.released.wait(10)
        return changed


def a_runtime(catalogue, finder=None, recorder=None, clock=None, patience=10.0):
    upstream = CannedUpstream(lambda request: a_reply())
    known, kept = finder or KnownConsumers(), recorder or KeptRecords()
    return Runtime(known, NoLedger(), upstream, kept, catalogue, clock=clock or Clock(), patience=patience)


def broken():
    raise ZeroDivisionError


def away():
    raise Failure(STORE_AWAY)


def test_the_catalogue_is_compiled_once_for_many_calls():
    catalogue = EditableCatalogue(a_snapshot())
    runtime = a_runtime(catalogue)

    assert runtime.snapshot() is runtime.snapshot()
    assert catalogue.compiled == 1


def test_an_edit_is_in_force_at_the_next_call():
    catalogue = EditableCatalogue(a_snapshot())
    runtime = a_runtime(catalogue)
    runtime.snapshot()

    catalogue.edit(lambda: a_snapshot(revision=2))

    assert runtime.snapshot().revision == 2


def test_an_edit_of_an_application_compiles_nothing_and_is_seen_at_the_next_call():
    catalogue, finder = EditableCatalogue(a_snapshot()), KnownConsumers(a_consumer())
    runtime = a_runtime(catalogue, finder)
    runtime.snapshot()
    runtime.perform(FindApplication(APPLICATION))

    finder.consumers.clear()
    assert runtime.perform(FindApplication(APPLICATION)) == a_consumer()
    catalogue.edit_application(APPLICATION)
    runtime.refresh()

    assert runtime.perform(FindApplication(APPLICATION)) is None
    assert catalogue.compiled == 1


def test_a_catalogue_that_cannot_be_compiled_leaves_the_last_good_one_in_force(caplog):
    catalogue = EditableCatalogue(a_snapshot())
    runtime = a_runtime(catalogue)
    good = runtime.snapshot()

    catalogue.edit(broken)

    assert [runtime.snapshot() for _ in range(3)] == [good] * 3
    assert catalogue.compiled == 2
    assert "ZeroDivisionError" in caplog.text
    catalogue.edit(lambda: a_snapshot(revision=3))
    assert runtime.snapshot().revision == 3


def test_a_store_that_goes_away_leaves_the_last_good_one_in_force_and_misses_no_edit():
    catalogue, clock = EditableCatalogue(a_snapshot()), Clock()
    runtime = a_runtime(catalogue, clock=clock)
    good = runtime.snapshot()

    catalogue.edit(away)
    assert runtime.snapshot() is good
    catalogue.current = lambda: a_snapshot(revision=2)
    clock.seconds += 1

    assert runtime.snapshot().revision == 2


def test_a_store_that_does_not_answer_is_asked_again_after_a_second_and_not_before():
    catalogue, clock = EditableCatalogue(a_snapshot()), Clock()
    runtime = a_runtime(catalogue, clock=clock)
    good = runtime.snapshot()
    catalogue.edit(away)

    assert [runtime.snapshot() for _ in range(50)] == [good] * 50
    assert catalogue.asked == 2
    clock.seconds += 1
    assert [runtime.snapshot() for _ in range(50)] == [good] * 50
    assert catalogue.asked == 3


def test_a_store_that_answers_again_is_asked_at_every_call():
    catalogue, clock = EditableCatalogue(a_snapshot()), Clock()
    runtime = a_runtime(catalogue, clock=clock)
    runtime.snapshot()
    catalogue.edit(away)
    runtime.snapshot()

    catalogue.current = lambda: a_snapshot(revision=2)
    clock.seconds += 1
    revisions = [runtime.snapshot().revision]
    catalogue.edit(lambda: a_snapshot(revision=3))

    assert [*revisions, runtime.snapshot().revision] == [2, 3]


def test_without_any_snapshot_there_is_a_failure_and_after_a_second_another_try():
    catalogue, clock = EditableCatalogue(a_snapshot()), Clock()
    catalogue.current = away
    runtime = a_runtime(catalogue, clock=clock)

    for _ in range(3):
        with pytest.raises(Failure):
            runtime.snapshot()
    assert catalogue.asked == 1
    catalogue.current = a_snapshot
    clock.seconds += 1

    assert runtime.snapshot().revision == 1


def test_calls_are_served_while_another_one_waits_for_a_store_that_hangs():
    catalogue = HangingCatalogue(a_snapshot())
    runtime = a_runtime(catalogue, patience=0.01)
    good, catalogue.hangs = runtime.snapshot(), True
    waiting = threading.Thread(target=runtime.refresh)
    waiting.start()
    assert catalogue.reached.wait(10)

    served = [runtime.snapshot() for _ in range(50)]

    assert served == [good] * 50
    assert catalogue.asked == 2
    assert waiting.is_alive()
    catalogue.released.set()
    waiting.join()


def test_a_store_that_answers_late_is_asked_at_the_next_call():
    catalogue = HangingCatalogue(a_snapshot())
    runtime = a_runtime(catalogue, patience=0.01)
    runtime.snapshot()
    catalogue.hangs = True
    waiting = threading.Thread(target=runtime.refresh)
    waiting.start()
    assert catalogue.reached.wait(10)
    catalogue.edit(lambda: a_snapshot(revision=2))
    assert runtime.snapshot().revision == 1

    catalogue.released.set()
    waiting.join()

    assert runtime.snapshot().revision == 2


def test_an_edit_made_while_a_question_is_on_its_way_is_in_force_for_a_call_that_begins_after_it():
    catalogue, clock, seen = HangingCatalogue(a_snapshot()), Clock(), []
    runtime = a_runtime(catalogue, clock=clock)
    runtime.snapshot()
    catalogue.hangs = True
    asking = threading.Thread(target=runtime.refresh)
    asking.start()
    assert catalogue.reached.wait(10)
    catalogue.edit(lambda: a_snapshot(revision=2))
    while clock.readings.acquire(blocking=False):
        pass

    calls = [threading.Thread(target=lambda: seen.append(runtime.snapshot().revision)) for _ in range(8)]
    for call in calls:
        call.start()
    for _ in calls:
        assert clock.readings.acquire(timeout=10)
    catalogue.released.set()
    for thread in (asking, *calls):
        thread.join()

    assert seen == [2] * 8
    assert catalogue.asked == 3


def test_each_effect_goes_to_its_port():
    consumer, recorder = a_consumer(), KeptRecords()
    runtime = a_runtime(EditableCatalogue(a_snapshot()), KnownConsumers(consumer, keys={"k": consumer}), recorder)
    finished = Finished(Trail(a_call()).event(a_reply()), 1, 2)

    runtime.finish(finished)

    spend = Spend((Charge("sub_1", (MINUTE,)),))
    assert runtime.perform(spend) == ("spent", spend.charges)
    assert runtime.spend_at_once(spend, "later") == "later"
    assert runtime.perform(FindKey(b"x")) is None
    assert recorder.finished == [finished]


class AwayLedger(NoLedger):
    def left(self, charges):
        raise Failure(LEDGER_AWAY)


class PresentLedger(NoLedger):
    def left(self, charges):
        assert not any(charge.windows for charge in charges), "nothing is asked for"
        return Budget(admitted=True, left=())


@pytest.mark.parametrize(("ledger", "answers"), [(PresentLedger(), True), (AwayLedger(), False)])
def test_it_is_known_whether_the_ledger_answers(ledger, answers):
    catalogue, upstream = EditableCatalogue(a_snapshot()), CannedUpstream(lambda request: a_reply())

    assert Runtime(KnownConsumers(), ledger, upstream, KeptRecords(), catalogue).ledger_answers() is answers
