"""Calls without a key: each address has its own count, in both lanes and on both ledgers, and none is kept for long."""

import itertools
from collections import Counter

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.counters.connecting import client_for
from gateway.counters.local import LocalLedger
from gateway.domain.plans import Charge, Window
from gateway.pipeline.authentication import identify
from gateway.pipeline.limits import charges_of
from gateway.pipeline.routing import find_route
from tests.builders import KeptRecords, a_call, a_snapshot, a_version, what_everybody_has
from tests.calling import WEATHER, call
from tests.lane import KEY, make_lane
from tests.lanes_in_process import LANES, served
from tests.ledgers import LEDGERS, Clock, a_redis_ledger
from tests.loopback import serving

FRESH = itertools.count()
HOLDERS = {
    "203.0.113.7": ["203.0.113.7", "::ffff:203.0.113.7"],
    "203.0.113.8": ["203.0.113.8"],
    "2001:db8:1:2::/64": ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"],
    "2001:db8:1:3::/64": ["2001:db8:1:3::1"],
}
"""Who may call from where."""


def answering_always(line):
    while line.read_head():
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(params=["this machine", "redis"])
def ledger_url(request):
    return request.getfixturevalue("empty_valkey").url if request.param == "redis" else ""


@pytest.fixture(params=LANES)
def port(request, ledger_url, tmp_path):
    """Of a lane whose API each address may call twice a day without a key, and its application as often as it likes."""
    open_to_all, shared = (Window("day", 2, per="address"),), (ledger_url, Window("day", 100))
    kept = request.getfixturevalue("records")
    with serving(answering_always) as service:
        app = make_lane(service.port, tmp_path, kept, shared=shared, keyless=open_to_all, trusted_proxies=1)
        with served(request.param, app) as port:
            yield port


@pytest.fixture
def records():
    return KeptRecords()


def answer_to(port, address, *fields, method="GET"):
    lines = [f"{method} {WEATHER}/a HTTP/1.1", "Host: guichet.example.ca", f"X-Forwarded-For: {address}", *fields]
    return call(port, "\r\n".join([*lines, "", ""]).encode())


def test_who_called_too_often_from_one_address_keeps_nobody_else_from_calling(port):
    told = {
        holder: [answer_to(port, address).status for address, _ in zip(itertools.cycle(addresses), range(3))]
        for holder, addresses in HOLDERS.items()
    }

    assert told == {holder: [200, 200, 429] for holder in HOLDERS}


def test_who_shows_a_good_key_uses_its_own_limits_and_who_shows_a_bad_one_is_refused(port, records):
    statuses = [answer_to(port, "203.0.113.7").status for _ in range(3)]
    with_key = answer_to(port, "203.0.113.7", f"X-API-Key: {KEY}")
    bad = answer_to(port, "203.0.113.9", "X-API-Key: none")
    writing = answer_to(port, "203.0.113.9", method="DELETE")

    assert (statuses, with_key.status, bad.status, writing.status) == ([200, 200, 429], 200, 401, 401)
    kept = Counter((each.event.application_id, each.event.plan_id) for each in records.wait_for(6))
    assert kept == {("", "pln_open"): 3, ("app_farm", "pln_1"): 1, ("", ""): 2}


def test_each_answer_tells_what_is_left_of_the_address(port):
    first, _, refused = (answer_to(port, "203.0.113.7") for _ in range(3))

    assert first.values("RateLimit-Policy")[0] == '"address-day";q=2;w=86400'
    assert first.values("X-RateLimit-Remaining") == ["1"]
    problem = orjson.loads(refused.body)
    assert (problem["code"], problem["limits"][0]["used"], problem["limits"][0]["limit"]) == ("quota-spent", 2, 2)
    assert problem["more"].endswith("/apis/weather/more")


@pytest.fixture(params=LEDGERS)
def ledger(request):
    made = LEDGERS[request.param](request, Clock())
    yield made
    made.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    callers=st.lists(
        st.sampled_from([(who, where) for who, all_of in HOLDERS.items() for where in all_of]), max_size=20
    ),
    most_each=st.integers(1, 5),
    most_together=st.integers(1, 12),
)
def test_each_is_counted_alone_and_all_of_them_under_the_cap(ledger, callers, most_each, most_together):
    keyless = what_everybody_has(Window("day", most_each, per="address"))
    version = a_version(api_id=f"api_{next(FRESH)}", keyless=keyless, caps=(Window("day", most_together, per="api"),))
    snapshot = a_snapshot(version)
    plan = f"pln_{next(FRESH)}"
    spent = Counter[str]()
    for holder, address in callers:
        call = a_call(client_address=address)
        route = find_route(snapshot, call)
        caller = _returned(identify(snapshot, route, call))
        own, cap = charges_of(route, caller, keyless)

        admitted = ledger.spend((own._replace(key=own.key.replace("pln_open", plan)), cap)).admitted

        assert admitted == (spent[holder] < most_each and spent.total() < most_together)
        spent[holder] += admitted


def _returned(identifying):
    with pytest.raises(StopIteration) as ended:
        next(identifying)
    return ended.value.value


OF_A_DAY = (Window("day", 5, per="address"),)
SLOT_BYTES = 700


def from_many(ledger, count):
    for _ in range(count):
        assert ledger.spend([Charge(f"pln_1/{next(FRESH)}", OF_A_DAY)]).admitted


def test_the_rows_of_addresses_that_called_yesterday_are_those_of_others_today(tmp_path):
    clock = Clock()
    ledger = LocalLedger(tmp_path / "ledger.table", clock)
    for _ in range(10):
        from_many(ledger, 2_000)
        clock.now += 86_400 + 3_601

    ledger.close()
    assert (tmp_path / "ledger.table").stat().st_size < 10_000 * SLOT_BYTES


def test_a_process_forgets_addresses_that_do_not_call_and_the_store_does_when_their_windows_end(empty_valkey):
    clock = Clock()
    ledger = a_redis_ledger(empty_valkey.url, clock)
    from_many(ledger, 500)
    clock.now += 3
    ledger.look_after()
    assert not ledger._leases

    client = client_for(empty_valkey.url)()
    counts = [key for key in client.execute_command("KEYS", "*") if b"pln_1/" in key]
    assert len(counts) == 500
    assert all(0 < client.execute_command("PTTL", key) <= 2 * 86_400_000 for key in counts)
    client.close()
    ledger.close()
