"""What the decision reads: the catalogue and the keys, frozen and indexed, swapped as a whole.

What grows with the number of consumers is not in here: a `Consumer` is found by an effect (effects.py), so that a
million subscriptions change no worker's memory.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from gateway.domain.allowances import Part, parts
from gateway.domain.away import USUAL, WhenAway
from gateway.domain.ids import ApiId, ApplicationId, CredentialId, EnvironmentId, PlanId, SubscriptionId, VersionId
from gateway.domain.lifecycle import ApplicationState, SubscriptionState, VersionState
from gateway.domain.plans import Charge, Per, Window
from gateway.pipeline.matching import Matcher
from gateway.pipeline.service import Service
from gateway.plugin.base import Binding
from gateway.plugin.stages import Stages
from gateway.words import Words

_A_PLAN = Words("plan", "forfait")


@dataclass(frozen=True, slots=True)
class Operation:
    """One declared operation: a method on a path template, such as `/stations/{id}`."""

    method: str
    template: str
    name: str = field(init=False, repr=False, compare=False)
    """What usage is counted under."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.method} {self.template}")


@dataclass(frozen=True, slots=True)
class Version:
    """One served (or retired) version of an API: all that its calls need to know.

    `matcher` is the index of `operations`, `stages` are the hooks of `plugins`; both are built here, once, when the
    version is compiled. `caps` bound what all callers of the API call together. `keyless` is what those stand under
    who show no credential, where there is a plan for them: the one subscription that everybody has.
    """

    api_id: ApiId
    api_name: str
    version_id: VersionId
    major: int
    state: VersionState
    environment_id: EnvironmentId
    service: Service
    operations: tuple[Operation, ...]
    plugins: tuple[Binding, ...] = ()
    caps: tuple[Window, ...] = ()
    keyless: "Subscription | None" = None
    spent_caps: tuple[Window, ...] = field(init=False, repr=False, compare=False)
    caps_at_once: tuple[Window, ...] = field(init=False, repr=False, compare=False)
    matcher: Matcher[Operation] = field(init=False, repr=False, compare=False)
    stages: Stages = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, is_held in (("spent_caps", False), ("caps_at_once", True)):
            object.__setattr__(self, name, tuple(cap for cap in self.caps if (cap.kind == "concurrency") == is_held))
        object.__setattr__(self, "stages", Stages.of(self.plugins))
        object.__setattr__(self, "matcher", Matcher(self.operations))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent state of the catalogue.

    `public_keys` maps a key id to a public JWK (RFC 7517); `issuer` is this store's, and the audience of an API is
    `<issuer>/api/<name>`. `documentation` is the address under which each refusal has its page. `address_key` keys the
    digests that stand for the addresses of callers.
    """

    revision: int
    issuer: str
    documentation: str
    versions: Mapping[tuple[str, int], Version] = field(default_factory=dict)
    public_keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    address_key: bytes = field(default=b"", repr=False)
    pseudonym: str = field(init=False)
    """How this gateway signs the Via field (RFC 9110 §7.6.3): tells two gateways apart and names no host."""
    routes: dict[tuple[str, str], Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What routing.py found lately, by method and path; a memo, bounded by it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pseudonym", f"guichet-{hashlib.sha256(self.issuer.encode()).hexdigest()[:10]}")

    def audience_of(self, api_name: str) -> str:
        """The resource identifier of an API (RFC 8707 §2)."""
        return f"{self.issuer}/api/{api_name}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An application's standing with one API.

    `windows` are those in force, whoever set them; `costs` has the operations that cost more than one call, by name.
    `resets` has the moment of each window's last reset, by its name (domain/allowances.py). What is granted for a time
    has an end: from `until` on, in seconds since the epoch, the subscription is as `then` has it. What everybody has
    without a key has no `subscription_id`, and is counted under its plan's.
    """

    subscription_id: SubscriptionId
    state: SubscriptionState
    plan_id: PlanId
    windows: tuple[Window, ...]
    allows_api_key: bool
    costs: Mapping[str, int] = field(default_factory=dict)
    plan_name: Words = _A_PLAN
    when_away: WhenAway = USUAL
    resets: Mapping[str, int] = field(default_factory=dict)
    until: float = inf
    then: "Subscription | None" = None
    by_per: Mapping[Per, tuple[Part, ...]] = field(init=False, repr=False, compare=False)
    """The windows by whom they bound, each with the key that it is counted under; those that calls are spent on."""
    at_once: Mapping[Per, tuple[Part, ...]] = field(init=False, repr=False, compare=False)
    """The same of those that bound how many calls are under way."""
    usual: tuple[Charge, ...] = field(init=False, repr=False, compare=False)
    """What a call costs that costs the application one call, and nobody else anything."""

    def __post_init__(self) -> None:
        """Sort the windows, once."""
        by_per = self._by_per(window for window in self.windows if window.kind != "concurrency")
        at_once = self._by_per(window for window in self.windows if window.kind == "concurrency")
        usual = tuple(Charge(key, windows) for key, windows in by_per.get("application", ()))
        object.__setattr__(self, "by_per", by_per)
        object.__setattr__(self, "at_once", at_once)
        object.__setattr__(self, "usual", usual)

    def _by_per(self, windows: Iterable[Window]) -> Mapping[Per, tuple[Part, ...]]:
        of: dict[Per, list[Window]] = {}
        for window in windows:
            of.setdefault(window.per, []).append(window)
        return {per: parts(self.subscription_id or self.plan_id, bound, self.resets) for per, bound in of.items()}

    def at(self, now: float) -> "Subscription":
        """As it is at a moment."""
        found = self
        while now >= found.until and found.then:
            found = found.then
        return found


@dataclass(frozen=True, slots=True)
class Consumer:
    """An application as the decision needs it.

    `credentials` maps each credential that may still be used to the time it expires (seconds since the epoch, None for
    never); `key` is the credential that an API key led to, when one did.
    """

    application_id: ApplicationId
    state: ApplicationState
    credentials: Mapping[CredentialId, float | None] = field(default_factory=dict)
    subscriptions: Mapping[ApiId, Subscription] = field(default_factory=dict)
    key: CredentialId | None = None
