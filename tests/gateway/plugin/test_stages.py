from gateway.plugin import Binding, Plugin
from gateway.plugin.stages import Stages, Step


class Both(Plugin):
    name = "both"
    needs_body = 9
    blocking = True

    def on_arrival(self, call, config):
        return call

    def on_call(self, call, config):
        return call

    def on_reply(self, call, reply, config):
        return reply

    def on_departure(self, call, reply, config):
        return reply


class Last(Plugin):
    name = "last"

    def on_reply(self, call, reply, config):
        return reply


BOTH, LAST = Both(), Last()


def test_a_stage_holds_only_what_was_overridden_in_the_order_of_calling():
    stages = Stages.of((Binding(BOTH, {"a": 1}), Binding(LAST, {})))

    assert stages.asking == (Step("both", BOTH.on_call, {"a": 1}, True, 9),)
    assert [step.plugin for step in stages.telling] == ["last", "both"]
    assert (len(stages.arriving), len(stages.departing)) == (1, 1)


def test_bodies_are_collected_only_where_a_service_is_asked_or_has_answered():
    stages = Stages.of((Binding(BOTH, {}),))

    assert [step.most for stage in (stages.arriving, stages.departing) for step in stage] == [None, None]


def test_without_plugins_there_is_nothing_to_do():
    assert Stages.of(()) == Stages((), (), (), ())
