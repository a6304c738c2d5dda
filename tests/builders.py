"""Values with sane defaults: a test names only what matters to it."""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

from gateway.credentials.access_tokens import TokenClaims, mint
from gateway.credentials.api_keys import SecretKind, digest, mint_secret
from gateway.credentials.signing import make_signing_key, public_jwk
from gateway.domain.ids import (
    ApiId,
    ApplicationId,
    CredentialId,
    EnvironmentId,
    PlanId,
    SubscriptionId,
    VersionId,
)
from gateway.domain.lifecycle import ApplicationState, SubscriptionState, VersionState
from gateway.domain.plans import Budget, Left, Window
from gateway.http.headers import Headers
from gateway.http.messages import Body, Call, Reply
from gateway.pipeline.effects import Send
from gateway.pipeline.ports import Changed, Finished
from gateway.pipeline.service import Service, Target, Waits
from gateway.pipeline.snapshot import Consumer, Operation, Snapshot, Subscription, Version
from gateway.plugin.base import Binding

ISSUER = "https://guichet.example.ca"
NOW = 1_790_000_000.0
KEY = make_signing_key()
OTHER_KEY = make_signing_key()
API = ApiId("api_weather")
APPLICATION = ApplicationId("app_farm")
CREDENTIAL = CredentialId("crd_one")
MINUTE = Window("minute", 60)
DAY = Window("day", 1000)
OPERATIONS = (
    Operation("GET", "/stations"),
    Operation("GET", "/stations/{id}"),
    Operation("POST", "/stations"),
    Operation("GET", "/stations/nearest"),
)


def a_call(path: str = "/api/weather/v1/stations", *, method: str = "GET", **given: Any) -> Call:
    fields = given.pop("fields", ())
    values: dict[str, Any] = {
        "query": None,
        "headers": Headers.of(fields),
        "received_at": NOW,
        "request_id": "req_TEST",
        "client_address": "203.0.113.7",
        "host": "guichet.example.ca",
        "language": "en",
    }
    return Call(method=method, path=path, **(values | given))


def a_bearer_call(path: str = "/api/weather/v1/stations", *, token: str | None = None, **given: Any) -> Call:
    fields = (("Authorization", f"Bearer {token or a_token()}"), *given.pop("fields", ()))
    return a_call(path, fields=fields, **given)


def a_token(key: Mapping[str, Any] = KEY, **given: Any) -> str:
    return mint(some_claims(**given), key)


def some_claims(**given: Any) -> TokenClaims:
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": (f"{ISSUER}/api/weather",),
        "client_id": APPLICATION,
        "scopes": ("weather:read", "weather:write"),
        "issued_at": int(NOW) - 60,
        "expires_at": int(NOW) + 3540,
        "token_id": "tok_1",
        "credential_id": CREDENTIAL,
    }
    return TokenClaims(**(values | given))


def an_api_key(seed: str = "key") -> str:
    return mint_secret(SecretKind.API_KEY, hashlib.sha256(seed.encode()).digest())


def a_version(**given: Any) -> Version:
    values: dict[str, Any] = {
        "api_id": API,
        "api_name": "weather",
        "version_id": VersionId("ver_1"),
        "major": 1,
        "state": VersionState.PUBLISHED,
        "environment_id": EnvironmentId("env_1"),
        "service": a_service(),
        "operations": OPERATIONS,
    }
    return Version(**(values | given))


def a_service(*targets: Target, **given: Any) -> Service:
    return Service(targets or (a_target(),), **given)


def a_service_on(port: int, **given: Any) -> Service:
    """A service that listens on loopback; `given` is of its waits, of its target, or of itself."""
    kinds = {kind: {field.name for field in dataclass_fields(kind)} for kind in (Waits, Service)}
    named: dict[type, dict[str, Any]] = {
        kind: {name: given.pop(name) for name in names & set(given)} for kind, names in kinds.items()
    }
    target = a_target(**({"host": "127.0.0.1", "port": port, "base_path": ""} | given))
    waits = replace(Waits(connect=5.0, first_byte=5.0, idle=5.0), **named[Waits])
    return replace(Service((target,), waits), **named[Service])


def a_send(
    service: Service | None = None,
    path: str = "/a",
    *,
    method: str = "GET",
    pairs: Sequence[tuple[str, str]] = (),
    body: Body | None = None,
    upgrade: str = "",
) -> Send:
    return Send(service or a_service(), method, path, Headers(tuple(pairs)), body, upgrade)


def a_target(**given: Any) -> Target:
    values: dict[str, Any] = {"scheme": "http", "host": "inside.example", "port": 8080, "base_path": "/base"}
    return Target(**(values | given))


def a_snapshot(*versions: Version, plugins: Sequence[Binding] = (), revision: int = 1) -> Snapshot:
    known = versions or (a_version(plugins=tuple(plugins)),)
    return Snapshot(
        revision=revision,
        issuer=ISSUER,
        documentation=f"{ISSUER}/errors",
        versions={(version.api_name, version.major): version for version in known},
        public_keys={KEY["kid"]: public_jwk(KEY)},
    )


def a_subscription(**given: Any) -> Subscription:
    values: dict[str, Any] = {
        "subscription_id": SubscriptionId("sub_1"),
        "state": SubscriptionState.ACTIVE,
        "plan_id": PlanId("pln_1"),
        "windows": (MINUTE, DAY),
        "allows_api_key": True,
    }
    return Subscription(**(values | given))


def what_everybody_has(*windows: Window) -> Subscription:
    """What those stand under who show no credential."""
    bound = windows or (Window("minute", 60, per="address"),)
    return a_subscription(subscription_id="", plan_id=PlanId("pln_open"), windows=bound, allows_api_key=False)


def a_consumer(**given: Any) -> Consumer:
    values: dict[str, Any] = {
        "application_id": APPLICATION,
        "state": ApplicationState.ACTIVE,
        "credentials": {CREDENTIAL: None},
        "subscriptions": {API: a_subscription()},
    }
    return Consumer(**(values | given))


def a_budget(*remaining: int, admitted: bool = True, windows: Sequence[Window] = (MINUTE, DAY)) -> Budget:
    seconds = {"second": 1, "minute": 20, "hour": 1800, "day": 40_000, "week": 200_000, "month": 900_000}
    found = []
    for window, left in zip(windows, remaining or (59, 999), strict=True):
        resets = seconds[window.period]
        found.append(Left(window, left, resets, 0 if admitted or left else resets))
    return Budget(admitted, tuple(found))


def a_reply(status: int = 200, content: bytes = b'{"ok":true}', fields: Sequence[tuple[str, str]] = ()) -> Reply:
    return Reply(status, Headers.of((("Content-Type", "application/json"), *fields)), Body.of(content))


class KnownConsumers:
    """A finder over a dictionary; counts how often it was asked."""

    def __init__(self, *consumers: Consumer, keys: Mapping[str, Consumer] | None = None) -> None:
        self.consumers = {consumer.application_id: consumer for consumer in consumers}
        self.keys = {digest(key): consumer for key, consumer in (keys or {}).items()}
        self.asked = 0

    def find_application(self, application_id: ApplicationId) -> Consumer | None:
        self.asked += 1
        return self.consumers.get(application_id)

    def find_key(self, digest: bytes) -> Consumer | None:
        self.asked += 1
        return self.keys.get(digest)


class EditableCatalogue:
    """A catalogue whose present state is whatever `current` makes, and whose changes are a list."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.current: Callable[[], Snapshot] = lambda: snapshot
        self.changes: list[ApplicationId | None] = []
        self.compiled = 0
        self.asked = 0

    def edit(self, current: Callable[[], Snapshot]) -> None:
        self.current = current
        self.changes.append(None)

    def edit_application(self, application_id: ApplicationId) -> None:
        self.changes.append(application_id)

    def changes_since(self, cursor: int) -> Changed:
        self.asked += 1
        since = self.changes[cursor:]
        return Changed(len(self.changes), None in since, frozenset(each for each in since if each is not None))

    def rung(self) -> int:
        return len(self.changes)

    def compile(self) -> Snapshot:
        self.compiled += 1
        return self.current()


class KeptRecords:
    """A recorder that keeps everything in a list."""

    def __init__(self) -> None:
        self.finished: list[Finished] = []
        self._news = threading.Condition()

    def record(self, finished: Finished) -> None:
        with self._news:
            self.finished.append(finished)
            self._news.notify_all()

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Finished]:
        """What is kept, once there are so many: a server's thread records after the client has read everything."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.finished) >= count, seconds), "too few records"
        return self.finished


class CannedUpstream:
    """An upstream that answers what `answer` makes of each request, and keeps the requests."""

    def __init__(self, answer: Callable[[Send], Reply]) -> None:
        self.answer = answer
        self.sent: list[Send] = []

    def refuse_surplus(self, service: Service) -> None:
        """There is always room."""

    def send(self, request: Send) -> Reply:
        self.sent.append(request)
        return self.answer(request)
