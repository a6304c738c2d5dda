"""Limits of each end user: whom the subject of a token names, in both lanes and on both ledgers."""

import itertools
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.credentials.signing import public_jwk
from gateway.domain.ids import SubscriptionId
from gateway.domain.plans import Window
from gateway.pipeline.authentication import Caller
from gateway.pipeline.limits import charges_of
from gateway.pipeline.routing import find_route
from tests.builders import CREDENTIAL, KEY, KeptRecords, a_call, a_consumer, a_snapshot, a_subscription, a_token
from tests.calling import WEATHER, call
from tests.lane import make_lane
from tests.lanes_in_process import LANES, served
from tests.ledgers import LEDGERS, Clock
from tests.loopback import serving

FRESH = itertools.count()
ROUTE = find_route(a_snapshot(), a_call())
PEOPLE = ["", "acc_anna", "acc_bo", "acc_cy"]


def answering_always(line):
    while line.read_head():
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=["this machine", "redis"])
def ledger_url(request):
    return request.getfixturevalue("empty_valkey").url if request.param == "redis" else ""


def status_of(port, subject):
    now = int(time.time())
    token = a_token(subject=subject, issued_at=now, expires_at=now + 60)
    fields = [f"GET {WEATHER}/a HTTP/1.1", "Host: guichet.example.ca", f"Authorization: Bearer {token}", "", ""]
    return call(port, "\r\n".join(fields).encode()).status


@pytest.mark.parametrize("lane", LANES)
def test_who_has_used_up_their_own_keeps_nobody_else_of_the_application_from_calling(lane, ledger_url, tmp_path):
    window = Window("month", 2, per="user")
    with serving(answering_always) as service:
        app = make_lane(service.port, tmp_path, KeptRecords(), public_jwk(KEY), shared=(ledger_url, window))
        with served(lane, app) as port:
            told = {subject: [status_of(port, subject) for _ in range(3)] for subject in PEOPLE}

    assert all(statuses == [200, 200, 429] for statuses in told.values())


@pytest.fixture(params=LEDGERS)
def ledger(request):
    made = LEDGERS[request.param](request, Clock())
    yield made
    made.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    callers=st.lists(st.sampled_from(PEOPLE), max_size=20),
    most_each=st.integers(1, 5),
    most_together=st.integers(1, 12),
)
def test_each_is_counted_alone_and_all_of_them_with_their_application(ledger, callers, most_each, most_together):
    subscription = a_subscription(
        subscription_id=SubscriptionId(f"sub_{next(FRESH)}"),
        windows=(Window("day", most_together), Window("day", most_each, per="user")),
    )
    spent = Counter[str]()
    for subject in callers:
        charges = charges_of(ROUTE, Caller(a_consumer(), "token", (), CREDENTIAL, subject), subscription)

        admitted = ledger.spend(charges).admitted

        assert admitted == (spent[subject] < most_each and spent.total() < most_together)
        spent[subject] += admitted
