"""What is told of usage: figures, and what they are figures of."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Hour(NamedTuple):
    """The calls of one calendar hour; `refused` and `failed` of them got no answer of the service."""

    start: datetime
    calls: int
    refused: int
    failed: int

    @property
    def answered(self) -> int:
        """Those that the department's service answered, whatever it said."""
        return self.calls - self.refused - self.failed


class ReasonCount(NamedTuple):
    """How many calls were refused, or failed, for one reason (a code of refusals.py or of a plugin)."""

    code: str
    calls: int


class StatusCount(NamedTuple):
    """How many calls ended with a status of one class: 2 for 2xx."""

    status_class: int
    calls: int


class Percentile(NamedTuple):
    """So many per cent of the answered calls took at most so many milliseconds until the answer began.

    Calls are counted by steps (store/usage.py), so this is the step's upper bound; None is beyond the last of them.
    """

    percent: int
    at_most_ms: int | None


class Share(NamedTuple):
    """The calls of one application or API. `id` and `name` are empty for calls that nobody could be named for.

    The `id` of calls without a key is `anonymous`.
    """

    id: str
    name: str
    calls: int
    refused: int
    failed: int


class OperationShare(NamedTuple):
    """The calls of one operation, such as `GET /stations/{id}`; empty where none was found."""

    operation: str
    calls: int
    refused: int
    failed: int
    by_status: tuple[StatusCount, ...]


class Unused(NamedTuple):
    """An operation that a version of an API declares, and that nobody called."""

    major: int
    operation: str


class Lately(NamedTuple):
    """How often an application called one API: on the present day (UTC), and on that and the 29 days before."""

    api_id: str
    name: str
    today: int
    month: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls since `since`: `refusals` are the callers' matter, `failures` the service's behind or the gateway's.

    `latency` is empty where no call was answered.
    """

    since: datetime
    calls: int
    refusals: int
    failures: int
    by_hour: tuple[Hour, ...]
    by_refusal: tuple[ReasonCount, ...]
    by_failure: tuple[ReasonCount, ...]
    by_status: tuple[StatusCount, ...]
    latency: tuple[Percentile, ...]

    @property
    def answered(self) -> int:
        """Those that a department's service answered, whatever it said."""
        return self.calls - self.refusals - self.failures


@dataclass(frozen=True, slots=True)
class ApplicationUsage(Totals):
    """The usage of one application."""

    by_api: tuple[Share, ...]
    by_operation: tuple[OperationShare, ...]


@dataclass(frozen=True, slots=True)
class ApiUsage(Totals):
    """The usage of one API; `unused` is what was declared all the while and not called."""

    by_application: tuple[Share, ...]
    by_operation: tuple[OperationShare, ...]
    unused: tuple[Unused, ...]


@dataclass(frozen=True, slots=True)
class StoreUsage(Totals):
    """The usage of everything; `unidentified` are the refusals of callers that could not be told."""

    by_api: tuple[Share, ...]
    by_application: tuple[Share, ...]
    unidentified: tuple[ReasonCount, ...]
