from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.messages import Body
from gateway.pipeline.refusals import Failure
from gateway.pipeline.service import Check, Tls
from gateway.upstream.balancing import FAILED_CHECKS, FAILED_REPLIES, Balance, Balances
from gateway.upstream.breaker import FIRST_REST, LIMIT
from gateway.upstream.retrying import SAVED, Trouble
from tests.builders import a_send, a_service, a_target

GET = a_send()


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def targets(*weights):
    return [a_target(host=f"{name}.example", weight=weight) for name, weight in zip("abcdefgh", weights, strict=False)]


def a_balance(clock, *weights, **given):
    return Balance(a_service(*targets(*weights), **given), clock)


def fail(member, times=LIMIT, now=100.0):
    for _ in range(times):
        member.breaker.fail(now)


def refusal_of(balance):
    with pytest.raises(Failure) as caught:
        balance.pick()
    failure = caught.value
    return failure.row.code, failure.headers.get("Retry-After"), failure.proxy_error


def names(picked):
    return Counter(member.target.host[0] for member in picked)


def test_the_only_target_gets_every_call(clock):
    balance = a_balance(clock, 1)

    assert names(balance.pick() for _ in range(3)) == {"a": 3}


@given(st.lists(st.integers(1, 9), min_size=2, max_size=8))
def test_calls_that_come_one_by_one_are_spread_exactly_by_weight(weights):
    balance = a_balance(Clock(), *weights)

    picked = names(balance.pick() for _ in range(sum(weights) * 3))

    assert [picked[name] for name in "abcdefgh"[: len(weights)]] == [weight * 3 for weight in weights]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.data())
def test_a_call_goes_where_it_is_least_busy_for_its_weight(weights, data):
    balance = a_balance(Clock(), *weights)
    for member in balance.members:
        member.in_flight = data.draw(st.integers(0, 20))

    chosen = balance.pick()

    assert chosen.load == min(member.load for member in balance.members)


def test_a_target_without_weight_gets_nothing(clock):
    balance = a_balance(clock, 1, 0)

    assert names(balance.pick() for _ in range(5)) == {"a": 5}


def test_a_target_that_fails_is_left_out_until_a_probe_finds_it_well(clock):
    balance = a_balance(clock, 1, 1)
    first = balance.members[0]
    fail(first)
    assert names(balance.pick() for _ in range(10)) == {"b": 10}

    clock.now += FIRST_REST
    assert names(balance.pick() for _ in range(10)) == {"a": 1, "b": 9}

    first.note_reply(200, clock.now)
    assert names(balance.pick() for _ in range(10)) == {"a": 5, "b": 5}


@pytest.mark.parametrize("weights", [(1,), (1, 1)])
def test_when_all_targets_rest_a_call_is_told_when_to_come_again(clock, weights):
    balance = a_balance(clock, *weights)
    for member in balance.members:
        fail(member)

    assert refusal_of(balance) == ("upstream-resting", "1", "destination_unavailable")


def test_a_target_that_fails_its_checks_is_left_out_until_it_passes_one(clock):
    balance = a_balance(clock, 1, 1, check=Check("/health", every=7.0))
    for member in balance.members:
        for _ in range(FAILED_CHECKS):
            member.note_check(passed=False)
    assert refusal_of(balance) == ("upstream-resting", "7", "destination_unavailable")

    balance.members[1].note_check(passed=True)

    assert names(balance.pick() for _ in range(3)) == {"b": 3}


def test_one_failed_check_leaves_nobody_out(clock):
    balance = a_balance(clock, 1)
    balance.members[0].note_check(passed=False)

    assert balance.pick() is balance.members[0]


@pytest.mark.parametrize("status", sorted(FAILED_REPLIES))
def test_a_reply_that_says_unwell_counts_as_a_failure(clock, status):
    balance = a_balance(clock, 1)
    for _ in range(LIMIT):
        balance.members[0].note_reply(status, clock.now)

    assert refusal_of(balance)[0] == "upstream-resting"


@pytest.mark.parametrize("status", [200, 304, 400, 404, 429, 500, 501])
def test_any_other_reply_counts_as_a_success(clock, status):
    balance = a_balance(clock, 1)
    for _ in range(LIMIT * 2):
        balance.members[0].note_reply(status, clock.now)

    assert balance.members[0].breaker.score == 0


# --- trying again


def test_a_call_that_did_not_connect_goes_to_another_target(clock):
    balance = a_balance(clock, 1, 1)
    first = balance.pick()

    second = balance.pick_again(a_send(method="POST", body=Body((b"a",), 1)), Trouble.UNCONNECTED, first, 1)

    assert second is not None
    assert second is not first


def test_it_does_not_go_to_the_same_target_nor_to_one_that_rests(clock):
    alone, two = a_balance(clock, 1), a_balance(clock, 1, 1)
    fail(two.members[1])

    assert alone.pick_again(GET, Trouble.UNCONNECTED, alone.members[0], 1) is None
    assert two.pick_again(GET, Trouble.UNCONNECTED, two.members[0], 1) is None


def test_a_call_that_met_a_stale_connection_goes_to_the_same_target(clock):
    balance = a_balance(clock, 1, 1)
    first = balance.pick()

    assert balance.pick_again(GET, Trouble.STALE, first, 1) is first
    assert balance.pick_again(a_send(method="POST"), Trouble.STALE, first, 1) is None


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_it_is_tried_again_as_often_as_the_service_allows(clock, retries):
    balance = a_balance(clock, 1, 1, retries=retries)
    first = balance.pick()

    again = [balance.pick_again(GET, Trouble.UNCONNECTED, first, tries) for tries in range(1, 6)]

    assert [member is not None for member in again] == [tries <= retries for tries in range(1, 6)]


def test_retries_have_a_budget_and_stale_connections_cost_nothing_of_it(clock):
    balance = a_balance(clock, 1, 1)
    first = balance.members[0]

    stale = [balance.pick_again(GET, Trouble.STALE, first, 1) for _ in range(50)]
    others = [balance.pick_again(GET, Trouble.UNANSWERED, first, 1) for _ in range(50)]

    assert None not in stale
    assert sum(member is not None for member in others) == SAVED


# --- from snapshot to snapshot


def test_a_service_has_one_balance(clock):
    balances, service = Balances(clock), a_service()

    assert balances.of(service) is balances.of(service)


def test_what_was_learnt_of_a_target_outlives_an_edit_and_its_weight_follows_it(clock):
    balances = Balances(clock)
    first = a_service(*targets(1, 1), owner="env_1")
    fail(balances.of(first).members[0])
    edited = replace(first, targets=tuple(targets(3, 1, 1)), retries=0)

    members = balances.of(edited).members

    assert [member.breaker.is_closed for member in members] == [False, True, True]
    assert [member.target.weight for member in members] == [3, 1, 1]
    assert [balance.service for balance in balances.all()] == [edited]


@pytest.mark.parametrize(
    "other", [a_service(owner="env_2"), a_service(a_target(base_path="/other")), a_service(tls=Tls())]
)
def test_nothing_that_was_learnt_is_shared_with_another_service_or_place(clock, other):
    balances = Balances(clock)
    fail(balances.of(a_service()).members[0])

    assert balances.of(other).members[0].breaker.is_closed


def test_it_is_told_how_every_target_stands(clock):
    balances = Balances(clock)
    service = a_service(*targets(1, 1, 1), owner="env_1")
    well, resting, ill = balances.of(service).members
    fail(resting)
    for _ in range(FAILED_CHECKS):
        ill.note_check(passed=False)
    well.in_flight = 3
    balances.of(service).crowd.enter()

    found = balances.standing()

    assert found.waiting == 1
    assert [(target.owner, target.address, target.state, target.in_flight) for target in found.targets] == [
        ("env_1", "http://a.example:8080/base", "well", 3),
        ("env_1", "http://b.example:8080/base", "resting", 0),
        ("env_1", "http://c.example:8080/base", "ill", 0),
    ]
