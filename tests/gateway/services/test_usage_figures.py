from gateway.services.usage_figures import Hour, Totals
from tests.fixtures.publishing import NOW


def test_answered_is_what_was_neither_refused_nor_failed():
    assert Hour(NOW, 10, 3, 2).answered == 5
    assert Totals(NOW, 10, 3, 2, (), (), (), (), ()).answered == 5
