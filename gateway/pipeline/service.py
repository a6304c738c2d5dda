"""A department's service as calls need it: where it is, how long it is waited for, and how both sides are known.

All times are in seconds. What is chosen call by call (which target, whether to try again) is upstream's business.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """Where a department's service is: its base URL in parts, and how much of the calls it gets beside the others."""

    scheme: str
    host: str
    port: int
    base_path: str
    weight: int = 1
    authority: str = field(init=False, repr=False, compare=False)
    """What stands in the Host field: the port is left out where it is the scheme's own (RFC 9110 §7.2)."""
    base: str = field(init=False, repr=False, compare=False)
    """The base path without its last slash, so that a template's first slash follows it."""

    def __post_init__(self) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_standard = self.port == {"http": 80, "https": 443}[self.scheme]
        object.__setattr__(self, "base", self.base_path.rstrip("/"))
        object.__setattr__(self, "authority", host if is_standard else f"{host}:{self.port}")


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a call waits: to connect, for the head of the reply, between two pieces, in all (None: no bound).

    To connect includes finding the address and TLS; in all includes every try.
    """

    connect: float = 3.0
    first_byte: float = 30.0
    idle: float = 30.0
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """An active check of health: a GET of this path below each target's base URL, answered below 400 in time."""

    path: str
    every: float = 10.0
    timeout: float = 2.0


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom we trust instead of the system's authorities, and the certificate that we show; all PEM."""

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """All that reaching a service needs.

    `retries` is how often a call may be tried again. `owner` is whose it is (an environment's id): what was learnt of
    its targets is kept by it when the service is edited, and shared with no other.
    `proof_key` signs a proof that a call came through this gateway. `most_in_flight` bounds the calls that one worker
    has under way at the service, so that a slow one slows no other. `allows_upgrade`: WebSocket and the like may pass.
    """

    targets: tuple[Target, ...]
    waits: Waits = field(default_factory=Waits)
    retries: int = 1
    check: Check | None = None
    tls: Tls | None = None
    proof_key: bytes | None = field(default=None, repr=False)
    most_in_flight: int = 256
    allows_upgrade: bool = False
    owner: str = ""
