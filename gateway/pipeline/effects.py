"""All the IO that a decision may ask for, by name.

A decision yields one of these and is handed the answer; it never performs anything itself (drivers.py does).

| effect | answered with |
|---|---|
| FindApplication, FindKey | a `Consumer`, or None |
| Spend | a `Budget` |
| Send | a `Reply`, its body still on its way |
| Record | None |
"""

from dataclasses import dataclass

from gateway.domain.ids import ApplicationId, SubscriptionId
from gateway.domain.plans import Window
from gateway.http.headers import Headers
from gateway.http.messages import Body
from gateway.pipeline.snapshot import Target


@dataclass(frozen=True, slots=True)
class FindApplication:
    """Find an application by its id (which is its OAuth client id)."""

    application_id: ApplicationId


@dataclass(frozen=True, slots=True)
class FindKey:
    """Find the application that an API key belongs to, by the SHA-256 of the key."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Spend:
    """Spend one call on every window of a subscription, or on none. The clock is the ledger's."""

    subscription_id: SubscriptionId
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request to a department's service."""

    target: Target
    method: str
    path_and_query: str
    headers: Headers
    body: Body | None


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """What happened to one call: no query, no body, no full address, no person.

    `latency_ms` is measured by the transport when the reply's head is ready; ids are empty where the call was
    refused before they were known. `credential_id` is the API key that was shown and found good; it is empty for a
    token, since its secret was used when it was issued, and in lines of the journal from before it was told.
    """

    received_at: float
    request_id: str
    method: str
    status: int
    refusal: str
    api_id: str
    version_id: str
    operation: str
    application_id: str
    subscription_id: str
    plan_id: str
    credential_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Keep the usage event."""

    event: UsageEvent


Effect = FindApplication | FindKey | Spend | Send | Record
"""Everything a decision may ask for."""
