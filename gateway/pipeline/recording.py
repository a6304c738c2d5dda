"""Step 7 of the decision: what was found out on the way, and the usage event that is made of it."""

from dataclasses import dataclass

from gateway.domain.plans import Budget
from gateway.http.messages import Call, Reply
from gateway.http.reserved import RATE_LIMIT_NAMES
from gateway.pipeline.authentication import Caller
from gateway.pipeline.effects import UsageEvent
from gateway.pipeline.limits import rate_limit_fields
from gateway.pipeline.refusals import Refused
from gateway.pipeline.routing import Route
from gateway.pipeline.snapshot import Subscription, Version
from gateway.plugin.stages import Step

_NAMED = frozenset({"x-request-id"})
_STAMPED = _NAMED | RATE_LIMIT_NAMES


@dataclass(slots=True)
class Trail:
    """What is known of a call so far. The one value that changes, and only inside decide()."""

    call: Call
    route: Route | None = None
    caller: Caller | None = None
    subscription: Subscription | None = None
    budget: Budget | None = None
    refused: Refused | None = None
    recognised: str = ""
    named: Version | None = None
    """The version that was asked for, where there is no route."""

    @property
    def version(self) -> Version | None:
        """The version that was asked for, as far as that is known."""
        return self.route.version if self.route else self.named

    @property
    def departing(self) -> tuple[Step, ...]:
        """The hooks that every answer meets before it leaves."""
        version = self.version
        return version.stages.departing if version else ()

    def stamp(self, reply: Reply) -> Reply:
        """The reply with the fields that every reply of ours carries."""
        limits = rate_limit_fields(self.budget).pairs if self.budget else ()
        kept = reply.headers.without(_STAMPED if limits else _NAMED)
        return Reply(reply.status, kept.plus(("X-Request-Id", self.call.request_id), *limits), reply.body)

    def event(self, reply: Reply) -> UsageEvent:
        """The usage event."""
        version = self.version
        return UsageEvent(
            received_at=self.call.received_at,
            request_id=self.call.request_id,
            method=self.call.method,
            status=reply.status,
            refusal=self.refused.row.code if self.refused else "",
            api_id=version.api_id if version else "",
            version_id=version.version_id if version else "",
            operation=self.route.operation.name if self.route else "",
            application_id=self.caller.consumer.application_id if self.caller else self.recognised,
            subscription_id=self.subscription.subscription_id if self.subscription else "",
            plan_id=self.subscription.plan_id if self.subscription else "",
            credential_id=(self.caller.consumer.key if self.caller else None) or "",
        )
