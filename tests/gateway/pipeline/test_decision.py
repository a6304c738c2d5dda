import ast

from gateway.pipeline.decision import decide
from tests.builders import a_bearer_call, a_budget, a_consumer, a_reply, a_snapshot
from tests.house import sources
from tests.replay import replay


def test_a_good_call_asks_for_four_things_in_this_order():
    played = replay(decide(a_bearer_call(), a_snapshot()), [a_consumer(), a_budget(), a_reply()])

    assert played.asked == ["FindApplication", "Spend", "Send", "Record"]
    assert b"".join(played.reply.body.chunks) == b'{"ok":true}'


def test_the_decision_fits_one_screen():
    (function,) = (
        node
        for node in sources.tree("gateway/pipeline/decision.py").body
        if isinstance(node, ast.FunctionDef) and node.name == decide.__name__
    )

    assert len(ast.unparse(function).splitlines()) <= 24
