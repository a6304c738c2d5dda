"""Step 3 of the decision: what the caller may do: this is where a call is refused for lack of a subscription.

No query: the consumer that was found carries its subscriptions, each under the id of its API. Nobody's is the route's.
"""

from gateway.domain.lifecycle import ApplicationState, SubscriptionState
from gateway.domain.scopes import satisfied
from gateway.pipeline.authentication import Caller
from gateway.pipeline.challenges import challenge
from gateway.pipeline.refusals import (
    APPLICATION_SUSPENDED,
    INSUFFICIENT_SCOPE,
    KEY_NOT_ALLOWED,
    NOT_SUBSCRIBED,
    SUBSCRIPTION_SUSPENDED,
    Refusal,
)
from gateway.pipeline.routing import Route
from gateway.pipeline.snapshot import Subscription


def admit(route: Route, caller: Caller) -> Subscription:
    """The subscription under which the call passes, or a `Refusal`."""
    if caller.method == "none" and route.keyless:
        return route.keyless
    if caller.consumer.state is not ApplicationState.ACTIVE:
        raise Refusal(APPLICATION_SUSPENDED)
    subscription = _subscription_in_force(route, caller)
    if caller.method == "key" and not subscription.allows_api_key:
        raise Refusal(KEY_NOT_ALLOWED)
    if caller.scopes is not None and not satisfied(route.scope, caller.scopes):
        asked = challenge(route.audience, "insufficient_scope", INSUFFICIENT_SCOPE, route.scope)
        raise Refusal(INSUFFICIENT_SCOPE, headers=asked, scope=route.scope)
    return subscription


def _subscription_in_force(route: Route, caller: Caller) -> Subscription:
    subscription = caller.consumer.subscriptions.get(route.version.api_id)
    if subscription is not None and subscription.state is SubscriptionState.SUSPENDED:
        raise Refusal(SUBSCRIPTION_SUSPENDED, api=route.version.api_name)
    if subscription is None or subscription.state is not SubscriptionState.ACTIVE:
        raise Refusal(NOT_SUBSCRIBED, api=route.version.api_name)
    return subscription
