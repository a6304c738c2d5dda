from gateway.telemetry.several import Several
from tests.builders import KeptRecords
from tests.fixtures.consuming import finished


def test_each_of_them_is_told():
    first, second = KeptRecords(), KeptRecords()

    Several(first, second).record(told := finished())

    assert (first.finished, second.finished) == ([told], [told])
