"""What the pages about errors explain."""

import pytest

from gateway.management.kinds import TABLE as KINDS
from gateway.pipeline.refusals import TABLE as REFUSALS
from gateway.plugin import Plugin, Registry, Row, Words
from gateway.plugin.registry import PluginError
from portal.problems import groups, refusals_by_code

WORDS = Words("No luck", "Pas de chance")


def registry(code: str) -> Registry:
    class Lucky(Plugin):
        name = "lucky"
        refusals = (Row(code, 418, WORDS, WORDS, WORDS),)

    return Registry([Lucky()])


def test_problems_are_grouped_by_who_tells_them():
    told = {group.key: group.rows for group in groups(registry("no-luck"))}

    assert list(told) == ["calls", "plugins", "management"]
    assert told["calls"] == REFUSALS
    assert [row.code for row in told["plugins"]] == ["no-luck"]
    assert told["management"] == KINDS


def test_an_installation_whose_plugins_refuse_nothing_has_no_group_of_theirs():
    assert [group.key for group in groups(Registry([]))] == ["calls", "management"]


def test_the_refusals_of_calls_are_those_of_the_gateway_and_of_plugins():
    known = refusals_by_code(registry("no-luck"))

    assert set(known) == {row.code for row in REFUSALS} | {"no-luck"}
    assert known["no-luck"].title == WORDS


@pytest.mark.parametrize("code", ["quota-spent", "stale"])
def test_a_plugin_cannot_take_a_code_that_means_something_else(code):
    with pytest.raises(PluginError, match=code):
        refusals_by_code(registry(code))
