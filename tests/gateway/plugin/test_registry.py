import pytest
from marshmallow import Schema, ValidationError, fields

from gateway.plugin import Plugin, Registry, Row, Words
from gateway.plugin.registry import NotInstalled, PluginError

WORDS = Words("No luck", "Pas de chance")


class First(Plugin):
    name = "first"
    refusals = (Row("no-luck", 418, WORDS, WORDS, WORDS),)

    class Config(Schema):
        most = fields.Integer(required=True)


class Second(Plugin):
    name = "second"


REGISTRY = Registry([First(), Second()])


def test_two_plugins_with_one_name_stop_the_start():
    with pytest.raises(PluginError, match="share the name “first”"):
        Registry([First(), First()])


def test_two_refusals_with_one_code_stop_the_start():
    class Third(Plugin):
        name = "third"
        refusals = First.refusals

    with pytest.raises(PluginError, match="share the code “no-luck”"):
        Registry([First(), Third()])


def test_the_refusals_of_all_plugins_are_known():
    assert REGISTRY.refusals == First.refusals


def test_plugins_are_bound_in_running_order_whatever_order_they_were_chosen_in():
    bindings = REGISTRY.bind({"second": {}, "first": {"most": "3"}})

    assert [(binding.plugin.name, binding.config) for binding in bindings] == [("first", {"most": 3}), ("second", {})]


@pytest.mark.parametrize("config", [{}, {"most": "many"}, {"most": 1, "else": 2}])
def test_a_configuration_that_the_schema_refuses_is_refused(config):
    with pytest.raises(ValidationError):
        REGISTRY.load("first", config)


def test_a_plugin_that_is_not_installed_is_an_error():
    assert "third" not in REGISTRY
    with pytest.raises(KeyError):
        REGISTRY.load("third", {})


def test_what_was_chosen_and_is_not_installed_is_stood_for_and_comes_first():
    bindings = REGISTRY.bind({"second": {}, "third": {"x": 1}, "fourth": {}})

    assert [type(binding.plugin) for binding in bindings] == [NotInstalled, NotInstalled, Second]
    assert REGISTRY.unusable({"second": {}, "third": {}, "fourth": {}}) == dict.fromkeys(
        ("fourth", "third"), "it is not installed"
    )


def test_what_no_longer_takes_its_settings_is_stood_for_and_says_why():
    chosen = {"first": {"most": "many"}, "second": {}}

    bindings = REGISTRY.bind(chosen)

    assert [type(binding.plugin) for binding in bindings] == [NotInstalled, Second]
    assert REGISTRY.unusable(chosen) == {"first": "most: Expected: a whole number."}
