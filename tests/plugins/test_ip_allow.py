import pytest

from gateway.pipeline.decision import decide
from gateway.plugin import Registry
from plugins import IpAllow
from tests.builders import APPLICATION, a_bearer_call, a_budget, a_call, a_consumer, a_reply, a_snapshot
from tests.replay import replay

REGISTRY = Registry([IpAllow()])
NETWORKS = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7", "::ffff:203.0.113.0/120"]


def play(address, *answers, call=a_bearer_call, networks=NETWORKS):
    bindings = REGISTRY.bind({"ip-allow": {"networks": networks}})
    return replay(decide(call(client_address=address), a_snapshot(plugins=bindings)), answers)


@pytest.mark.parametrize(
    "address",
    ["192.0.2.255", "::ffff:192.0.2.1", "2001:db8:1::9", "2001:DB8::1", "198.51.100.7", "203.0.113.9",
     "::ffff:203.0.113.9"],
)  # fmt: skip
def test_a_call_from_an_allowed_network_passes(address):
    assert play(address, a_consumer(), a_budget(), a_reply()).reply.status == 200


@pytest.mark.parametrize(
    "address",
    ["192.0.3.1", "::ffff:192.0.3.1", "::192.0.2.1", "2001:db9::1", "198.51.100.8", "203.0.114.1", "fe80::1%eth0", "",
     "unix"],
)  # fmt: skip
def test_any_other_is_refused_before_anybody_asks_who_calls(address):
    played = play(address)

    assert (played.reply.status, played.problem["code"]) == (403, "network-not-allowed")
    assert played.asked == ["Record"]
    assert (played.event.refusal, played.event.application_id) == ("network-not-allowed", APPLICATION)
    assert play(address, call=a_call).reply.status == 403


def test_whoever_may_not_call_does_not_learn_what_there_is():
    def elsewhere(**given):
        return a_call("/api/weather/v1/elsewhere", **given)

    assert play("192.0.3.1", call=elsewhere).reply.status == 403
    assert play("192.0.2.1", call=elsewhere).reply.status == 404


@pytest.mark.parametrize("networks", [["192.0.2.1/24"], ["192.0.2"], ["example.ca"], [""], [], ["10.0.0.0/33"], [1]])
def test_what_is_no_network_is_refused_when_it_is_set(networks):
    assert "networks" in REGISTRY.faults("ip-allow", {"networks": networks})


def test_the_fault_names_the_network_in_both_languages():
    words = REGISTRY.faults("ip-allow", {"networks": ["192.0.2.0/24", "192.0.2.1/24"]})["networks"]

    assert "“192.0.2.1/24”" in words.en
    assert "«\u00a0192.0.2.1/24\u00a0»" in words.fr


def test_the_networks_are_required():
    assert "networks" in REGISTRY.faults("ip-allow", {})
