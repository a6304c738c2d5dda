"""A ledger of each kind, as its contracts ask for it."""

import pytest

from tests.ledgers import LEDGERS, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=LEDGERS)
def make(request, clock):
    """Opens the same ledger again and again."""
    opened = []

    def open_one():
        opened.append(LEDGERS[request.param](request, clock))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(make):
    return make()
