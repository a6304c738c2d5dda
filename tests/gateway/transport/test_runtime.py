import pytest

from gateway.domain.ids import SubscriptionId
from gateway.pipeline.effects import FindApplication, FindKey, Spend
from gateway.pipeline.ports import Finished
from gateway.pipeline.recording import Trail
from gateway.pipeline.refusals import STORE_AWAY, Failure
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
    def spend(self, subscription_id, windows):
        return ("spent", subscription_id, windows)

    def left(self, subscription_id, windows):
        raise NotImplementedError


def a_runtime(catalogue, finder=None, recorder=None):
    upstream = CannedUpstream(lambda request: a_reply())
    return Runtime(finder or KnownConsumers(), NoLedger(), upstream, recorder or KeptRecords(), catalogue)


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
    catalogue = EditableCatalogue(a_snapshot())
    runtime = a_runtime(catalogue)
    good = runtime.snapshot()

    catalogue.edit(away)
    assert runtime.snapshot() is good
    catalogue.current = lambda: a_snapshot(revision=2)

    assert runtime.snapshot().revision == 2


def test_without_any_snapshot_there_is_a_failure_and_then_another_try():
    catalogue = EditableCatalogue(a_snapshot())
    catalogue.current = away
    runtime = a_runtime(catalogue)

    with pytest.raises(Failure):
        runtime.snapshot()
    catalogue.current = a_snapshot

    assert runtime.snapshot().revision == 1


def test_each_effect_goes_to_its_port():
    consumer, recorder = a_consumer(), KeptRecords()
    runtime = a_runtime(EditableCatalogue(a_snapshot()), KnownConsumers(consumer, keys={"k": consumer}), recorder)
    finished = Finished(Trail(a_call()).event(a_reply()), 1, 2)

    runtime.finish(finished)

    assert runtime.perform(Spend(SubscriptionId("sub_1"), (MINUTE,))) == ("spent", "sub_1", (MINUTE,))
    assert runtime.perform(FindKey(b"x")) is None
    assert recorder.finished == [finished]
