"""The decision on one call: `decide`, and the effects by which it asks for what only the outside can do."""

from gateway.pipeline.decision import Decision, decide
from gateway.pipeline.effects import Effect, FindApplication, FindKey, Record, Send, Spend, UsageEvent

__all__ = [
    "Decision",
    "Effect",
    "FindApplication",
    "FindKey",
    "Record",
    "Send",
    "Spend",
    "UsageEvent",
    "decide",
]
