"""What is asked of each contestant: a name, the ground it takes place on, who takes part, and one round of it.

A round gives named figures: `calls/s`, `p50 ms`, `p99 ms`, `added p50 ms` (beyond the upstream asked directly, in the
same way and in the same round), `MiB/s down`, `KiB growth` and the like.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench import bodies, preparing
from bench.bodies import Asked
from bench.contestants import Place
from bench.load import Load
from bench.processes import memory
from gateway.words import Words

CONNECTIONS = 64
PAGES_A_SECOND = 20
PAGES = ("/en/", "/fr/", "/en/apis", "/fr/catalogue", "/en/apis/air-quality", "/fr/catalogue/air-quality")
EVERYBODY = ("direct", "nginx", "haproxy", "plain", "ours")
PROXIES = EVERYBODY[1:]
WITH_A_RELAY = (*EVERYBODY, "compiled", "relay")
OURS = ("plain", "ours")
FREE = ("ours", "unlimited")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything: seconds of a run, rounds, bytes of a big body, idle connections."""

    seconds: float
    rounds: int
    big: int
    idle: int


FULL = Size(3, 5, bodies.GIB, 10_000)
QUICK = Size(0.4, 2, 32 * bodies.MIB, 200)


@dataclass(frozen=True, slots=True)
class Field:
    """One contestant's turn: where it is, where the upstream is, its capacity in small calls a second.

    `bare` is what it held (KiB) before anybody was idle on it: memory that was given back is not always seen to be.
    """

    load: Load
    size: Size
    direct: Place
    place: Place
    capacity: float
    bare: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """`own` asks for our own upstream, which reads uploads to their end."""

    name: str
    words: Words
    turn: Callable[[Field], dict[str, float]]
    who: tuple[str, ...] = EVERYBODY
    workers: int = 1
    routes: int = 10
    own: bool = False


def _throughput(asked: Asked, field: Field) -> dict[str, float]:
    answered = field.load.closed(field.place, asked, CONNECTIONS, field.size.seconds)
    return {"calls/s": answered.rate, "p50 ms": answered.p50, "p99 ms": answered.p99}


def _one(field: Field) -> dict[str, float]:
    through, direct = (
        field.load.closed(place, bodies.JSON, 1, field.size.seconds) for place in (field.place, field.direct)
    )
    return {"added p50 ms": through.p50 - direct.p50, "added p99 ms": through.p99 - direct.p99}


def _half(field: Field) -> dict[str, float]:
    rate = field.capacity / 2
    through, direct = (
        field.load.open(place, bodies.JSON, rate, field.size.seconds) for place in (field.place, field.direct)
    )
    return {
        "calls/s": through.rate,
        "p50 ms": through.p50,
        "p99 ms": through.p99,
        "added p50 ms": through.p50 - direct.p50,
        "added p99 ms": through.p99 - direct.p99,
    }


def _pages(field: Field) -> dict[str, float]:
    place = field.place
    portal = Place(f"{place.name}’s portal", place.port, place.pid)
    fetched = field.load.beside(portal, Asked(PAGES), PAGES_A_SECOND, field.size.seconds)
    calls = field.load.open(place, bodies.JSON, field.capacity / 4, field.size.seconds)
    pages = fetched.result()
    return {"calls/s": calls.rate, "p50 ms": calls.p50, "p99 ms": calls.p99, "page p50 ms": pages.p50}


def _bulk(field: Field) -> dict[str, float]:
    told = {}
    for direction, path in (("down", f"/bytes/{field.size.big}"), ("up", "/upload")):
        # Once through everything first: buffers that are made once are no growth.
        move = partial(field.load.moved, field.place, up=direction == "up")
        move(f"/bytes/{bodies.MIB}" if direction == "down" else path, bodies.MIB)
        with watched(field.place.pid) as seen:
            told[f"MiB/s {direction}"] = move(path, field.size.big)
        told[f"KiB growth {direction}"] = float(max(seen) - seen[0])
    return told


def _idle(field: Field) -> dict[str, float]:
    rate, seconds = field.capacity / 4, field.size.seconds
    before = field.load.open(field.place, bodies.JSON, rate, seconds)
    with field.load.idle(field.place, bodies.JSON, field.size.idle):
        each = (memory(field.place.pid) - field.bare) / field.size.idle
        among = field.load.open(field.place, bodies.JSON, rate, seconds)
    return {"KiB each": each, "p99 ms alone": before.p99, "p99 ms among them": among.p99}


@contextmanager
def watched(pid: int) -> Iterator[list[int]]:
    """How much memory a process holds (KiB) during the block, looked at twenty times a second."""
    seen, over = [memory(pid)], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(memory(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _routed(count: int) -> Scenario:
    asked = bodies.routes(preparing.asked_routes(count))
    words = Words(f"{count:,} routes", f"{count:,} routes".replace(",", "\u00a0"))
    return Scenario(f"routes-{count}", words, partial(_throughput, asked), OURS, routes=count)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("json", Words("424-byte JSON", "JSON de 424 octets"), partial(_throughput, bodies.JSON), WITH_A_RELAY),
    Scenario("kib10", Words("10 KiB", "10 Kio"), partial(_throughput, bodies.bytes_of(10 * bodies.KIB))),
    Scenario("mib1", Words("1 MiB", "1 Mio"), partial(_throughput, bodies.bytes_of(bodies.MIB))),
    Scenario("post", Words("POST 10 KiB", "POST de 10 Kio"), partial(_throughput, bodies.POST)),
    Scenario("one", Words("One connection", "Une seule connexion"), _one, PROXIES),
    Scenario("half", Words("Half of its capacity", "La moitié de sa capacité"), _half, PROXIES),
    Scenario(
        "limits", Words("With and without limits", "Avec et sans limites"), partial(_throughput, bodies.JSON), FREE
    ),
    Scenario("pages", Words("With 20 pages/s", "Avec 20 pages/s"), _pages, OURS),
    Scenario("idle", Words("Idle connections", "Connexions inactives"), _idle, ("nginx", "haproxy", "ours")),
    Scenario("workers-2", Words("2 workers", "2 processus"), partial(_throughput, bodies.JSON), PROXIES, workers=2),
    _routed(10),
    _routed(1_000),
    _routed(10_000),
    Scenario("bulk", Words("One big body", "Un corps volumineux"), _bulk, PROXIES, own=True),
)
