from gateway.plugin import Plugin
from tests.builders import a_call, a_reply


def test_a_plugin_that_overrides_nothing_changes_nothing():
    call, reply = a_call(), a_reply()

    assert Plugin().on_call(call, {}) is call
    assert Plugin().on_reply(call, reply, {}) is reply
