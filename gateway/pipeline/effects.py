"""All the IO that a decision may ask for, by name.

A decision yields one of these and is handed the answer; it never performs anything itself (drivers.py does).

| effect | answered with |
|---|---|
| Approach | None |
| FindApplication, FindKey | a `Consumer`, or None |
| Enter | a `Stay` |
| Leave | None |
| Spend | a `Budget` |
| Send | a `Reply`, its body still on its way; an interim one where the transport can pass it on |
| Inform | the next `Reply` |
| Gather | the bytes |
| Ask | what the work gives back |
| Complain | None |
| Record | None |
"""

from collections.abc import Callable
from typing import Any

from gateway.domain.away import USUAL, WhenAway
from gateway.domain.ids import ApplicationId
from gateway.domain.plans import Charge
from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.pipeline.refusals import Refused
from gateway.pipeline.service import Service
from gateway.value import value


@value
class Approach:
    """Ask whether a service takes one more call now: the cheapest moment to refuse one."""

    service: Service


@value
class FindApplication:
    """Find an application by its id (which is its OAuth client id)."""

    application_id: ApplicationId


@value
class FindKey:
    """Find the application that an API key belongs to, by the SHA-256 of the key."""

    digest: bytes


@value
class Enter:
    """Take a place of each charge among the calls under way, or none of them.

    Whoever answers gives the places back when the call is over, however it ends.
    """

    charges: tuple[Charge, ...]
    when_away: WhenAway = USUAL


@value
class Leave:
    """Give the places back now: the call is refused."""


@value
class Spend:
    """Spend the charges of a call, together or not at all. The clock is the ledger's."""

    charges: tuple[Charge, ...]
    when_away: WhenAway = USUAL


@value
class Send:
    """Send a request to a department's service; `upgrade` lists what it may answer to speak instead of HTTP.

    The path is the API's own, and there is no Host: both are completed when it is known which target is asked.
    """

    service: Service
    method: str
    path_and_query: str
    headers: Headers
    body: Body | None
    upgrade: str = ""


@value
class Inform:
    """Pass an interim reply on (RFC 9110 §15.2), and wait for the next one."""

    reply: Reply


@value
class Gather:
    """Collect a body; it is `beyond` that is raised when there are more than `most` bytes of it."""

    body: Body
    most: int
    beyond: Refused


@value
class Ask:
    """Have a plugin's hook do its work where it may wait; the work never raises."""

    work: Callable[[], Any]


@value
class Complain:
    """Tell the operator that a plugin failed in a call, and how."""

    plugin: str
    request_id: str
    error: BaseException


@value
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


@value
class Record:
    """Keep the usage event."""

    event: UsageEvent


Effect = Approach | FindApplication | FindKey | Enter | Leave | Spend | Send | Inform | Gather | Ask | Complain | Record
"""Everything a decision may ask for."""
