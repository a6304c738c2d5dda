"""Counts in Redis: one script for each lease and each return, repeated until the store and we agree on the windows.

The law: what is asked is asked with a bound on the wait, and never repeated by the client library: a lease that was
given twice is stranded, but units that were given back twice would be served twice.
"""

import secrets
from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import Any

from redis.exceptions import NoScriptError, RedisError

from gateway.counters import places
from gateway.counters.connecting import WAIT_SECONDS, Client
from gateway.counters.leases import Return, Terms
from gateway.counters.places import LASTS_SECONDS, Granted
from gateway.counters.script import (
    NOTHING,
    TEXT,
    Bounds,
    Said,
    Wish,
    bounds_of,
    keys_of,
    keys_of_places,
    known_from,
    read,
    record_of,
    told,
)
from gateway.domain.plans import Window
from gateway.pipeline.refusals import Failure

Counted = Callable[[str, Sequence[Bounds]], Sequence[int]]
"""The calls of a charge in some windows, by the usage record; may raise `Failure`."""

SETTLES_SECONDS = 3.5
"""How long the usage record takes, at most, to hold what was served when a store was lost: those who lease learn of it
within a second (leases.CONTACT_SECONDS) and serve nothing more, and what they served is written within another."""

_TRIES = 4
_SHAS = {text: sha1(text.encode(), usedforsecurity=False).hexdigest() for text in (TEXT, places.TEXT)}


class Away(Exception):  # noqa: N818 - read aloud: "raise Away"
    """The store cannot be asked now."""


class Settling(Away):
    """The store was emptied or began anew a moment ago, and the usage record is not complete yet."""


class Counts:
    """One for each process. `elapsed` is our clock; `now`, for tests that travel in time, stands for the store's."""

    def __init__(
        self,
        connect: Callable[[], Client],
        counted: Counted,
        elapsed: Callable[[], float],
        *,
        now: Callable[[], float] | None = None,
        settles: float = SETTLES_SECONDS,
    ) -> None:
        """Nothing is opened yet."""
        self._connect = connect
        self._client: Client | None = None
        self._counted = counted
        self._elapsed = elapsed
        self._now = now
        self._settles = str(round(settles * 1000))
        self._who = secrets.token_hex(8)  # among the processes that have calls under way
        self._ahead = 0.0  # of the store's clock, by its last answer

    def lease(self, key: str, windows: Sequence[Window], wish: Wish) -> tuple[int, Terms]:
        """How many calls were leased, and under what terms.

        Raises:
            Away: nothing was leased, as far as is known.
            Settling: the same, and what was leased before is not counted any more.
        """
        record: dict[tuple[Bounds, ...], Sequence[int]] = {}
        for _ in range(_TRIES):
            asked = self._elapsed()
            now = self._now() if self._now else asked + self._ahead
            bounds = tuple(bounds_of(window, now) for window in windows)
            said = self._ask(key, windows, bounds, wish, self._deadline(asked), record.get(bounds))
            heard = self._elapsed()
            self._ahead = said.now - heard
            if said.status == "told":
                return said.granted, Terms(asked, heard, bounds, wish.least, said)
            if said.status == "settling":
                raise Settling
            if said.status == "unknown":
                stretches = [record_of(*each) for each in zip(windows, bounds, strict=True)]
                record[bounds] = self._recorded(key, stretches)
        raise Away

    def lease_places(self, key: str, used: int, wish: int, limit: int) -> Granted:
        """How many places this process has among the calls under way from now on; `used` are those that calls have.

        Raises:
            Away: whether the store heard it is not known.
        """
        asked = self._elapsed()
        status, leased, others = self._places(key, used, wish, limit)
        return Granted(status in ("settling", b"settling"), int(leased), int(others), asked, self._elapsed())

    def places_of_others(self, key: str) -> int:
        """How many places other processes have, changing nothing; raises Away."""
        _, _, others = self._places(key, 0, "", 0)
        return int(others)

    def _deadline(self, asked: float) -> str:
        # By the store's clock as we know it; where we are wrong, it says so, and is asked again.
        known = self._ahead and not self._now
        return str(round((asked + self._ahead + WAIT_SECONDS) * 1000)) if known else ""

    def _recorded(self, key: str, bounds: Sequence[Bounds]) -> Sequence[int]:
        try:
            return self._counted(key, bounds)
        except Failure as failure:
            raise Settling from failure

    def give_back(self, key: str, back: Return) -> None:
        """Give units back, once; raises `Away` when it is not known whether they arrived."""
        self._ask(key, back.windows, back.bounds, NOTHING, "", None, back)

    def prove(self) -> None:
        """Raise `Away` unless the store takes what is written: one that is full still answers."""
        self._do("SET", "guichet-proof", "1", "PX", "60000")

    def close(self) -> None:
        """Give the connections back; the next question opens again."""
        client, self._client = self._client, None
        if client:
            client.close()

    def _ask(
        self,
        key: str,
        windows: Sequence[Window],
        bounds: Sequence[Bounds],
        wish: Wish,
        deadline: str,
        recorded: Sequence[int] | None,
        back: Return | None = None,
    ) -> Said:
        keys = keys_of(key, windows, bounds)
        now = str(int(self._now() * 1000)) if self._now else ""
        returned = (back.units, back.birth, round(back.since * 1000)) if back else (0, "", 0)
        given = [now, self._settles, *wish, *returned, deadline, known_from(key), *told(windows, bounds, recorded)]
        return read(self._run(TEXT, keys, given))

    def _places(self, key: str, used: int, wish: int | str, limit: int) -> Any:
        now = str(int(self._now() * 1000)) if self._now else ""
        given = [now, self._settles, self._who, used, wish, limit, round(LASTS_SECONDS * 1000)]
        return self._run(places.TEXT, keys_of_places(key), given)

    def _run(self, text: str, keys: Sequence[str], given: Sequence[Any]) -> Any:
        parts = [len(keys), *keys, *given]
        try:
            return self._do("EVALSHA", _SHAS[text], *parts)
        except NoScriptError:  # it did not run; whoever sends the text has it kept
            return self._do("EVAL", text, *parts)

    def _do(self, *command: Any) -> Any:
        try:
            client = self._client = self._client or self._connect()
            return client.execute_command(*command)
        except NoScriptError:
            raise
        except (RedisError, OSError) as error:
            raise Away(str(error)) from error
