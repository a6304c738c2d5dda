"""What Redis does in one piece: lease calls of one charge, take back what was not used, say what was used.

The law of the store:

- A charge's counts are in one slot with the *birth* of their shelf, so one script sees all of them, on a cluster too.
  A shelf is one of 256 hash tags; only its birth never expires.
- The clock is the store's. The client names the windows, and the script leases nothing of a window that does not hold
  the store's present moment; nor after the moment until which somebody waits for the answer, as a store does that stood
  still.
- All windows of a charge are leased together, or none is.
- A birth names the run of the server and the moment when the shelf was first asked for in it. A server that started
  anew, a replica that was promoted, or a store that was emptied has no such birth, so nobody takes its counts for
  whole: a window that began before the birth is `unknown` until its count is given from the usage record, and a shelf
  that was just born is `settling` until that record can be complete.
- A count that began anew by a reset is on the shelf of the one before it, and is known from the moment of the reset.
- Nothing is written for who is refused or only asks.
"""

from collections.abc import Sequence
from sys import intern
from typing import NamedTuple
from zlib import crc32

from gateway.domain.allowances import plain
from gateway.domain.plans import Window

SHELVES = 256

KEPT_AFTER_END = 3_600
"""How long a window's count is kept after its end, in seconds: a clock that is set back must find it again."""

SLACK_SECONDS = 1
"""How far the clock of who reset a count may be ahead of the store's."""

Bounds = tuple[int, int]
"""When a window began and when it ends, in seconds since the epoch."""


class Wish(NamedTuple):
    """How many calls to lease: `least` or none; up to `most`.

    Beyond the least, whoever asks shall not hold more than one in `fraction` of what is left with what it `held`.
    """

    least: int
    most: int
    fraction: int = 1
    held: int = 0


class Said(NamedTuple):
    """What the store answered: `now` by its clock, in seconds; `used` of each window, with what was leased by this."""

    status: str
    now: float
    birth: str
    granted: int
    used: tuple[int, ...]


NOTHING = Wish(0, 0)

TEXT = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local deadline = tonumber(ARGV[9])
local settle, least, most, fraction = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local held, back = tonumber(ARGV[6]), tonumber(ARGV[7])

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local birth = redis.call('GET', KEYS[1])
if not birth or string.sub(birth, 1, #run) ~= run then
  birth = run .. ':' .. string.format('%d', now)
  redis.call('SET', KEYS[1], birth)
end
local born = tonumber(string.match(birth, ':(%d+)'))

local function say(status, ...)
  return {status, string.format('%d', now), birth, ...}
end

if back > 0 and ARGV[8] ~= birth then
  return say('unknown')
end
if deadline and now > deadline then
  return say('moved')
end
if now >= born and now < born + settle then
  return say('settling')
end

local counts, room, change = {}, nil, back > 0
for i = 2, #KEYS do
  local at = 10 + (i - 2) * 5
  local limit, began, ends = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local since = tonumber(ARGV[at + 3])
  if back == 0 and (now < began or now >= ends) then
    return say('moved')
  end
  local kept = redis.call('HMGET', KEYS[i], 'n', 'b')
  local count = tonumber(kept[1])
  if kept[2] ~= birth and (count or since < born) then
    local recorded = tonumber(ARGV[at + 4])
    if not recorded then
      return say('unknown')
    end
    count, change = math.max(count or 0, recorded), true
  end
  counts[i] = math.max((count or 0) - back, 0)
  room = math.min(room or limit - counts[i], limit - counts[i])
end

local granted = 0
if room and most > 0 and room >= math.max(least, 1) then
  granted = math.max(least, math.min(most, math.floor((room + held) / fraction) - held))
end
for i = 2, #KEYS do
  counts[i] = counts[i] + granted
  local lasts = tonumber(ARGV[10 + (i - 2) * 5 + 2]) - now + KEPT
  if (granted > 0 or change) and lasts > 0 then
    redis.call('HSET', KEYS[i], 'n', string.format('%d', counts[i]), 'b', birth)
    redis.call('PEXPIRE', KEYS[i], string.format('%d', lasts))
  end
end
return say('told', granted, unpack(counts, 2, #KEYS))
""".replace("KEPT", str(KEPT_AFTER_END * 1000))


def keys_of(key: str, windows: Sequence[Window], bounds: Sequence[Bounds]) -> list[str]:
    """The birth of a charge's shelf, and where the counts of its windows are; all in one slot of a cluster."""
    shelf = f"{{guichet-{crc32(plain(key)[0].encode()) % SHELVES}}}"
    counts = [f"{shelf}:{key}:{window.period}:{began}" for window, (began, _) in zip(windows, bounds, strict=True)]
    return [f"{shelf}:birth", *counts]


def told(
    windows: Sequence[Window], bounds: Sequence[Bounds], reset_at: int, recorded: Sequence[int] | None
) -> list[str]:
    """The windows as the script reads them, in milliseconds; `recorded` are their counts in the usage record."""
    known_from = reset_at - SLACK_SECONDS
    counts = [str(count) for count in recorded] if recorded else [""] * len(windows)
    lines = zip(windows, bounds, counts, strict=True)
    return [
        part
        for window, (began, ends), count in lines
        for part in (str(window.limit), str(began * 1000), str(ends * 1000), str(max(began, known_from) * 1000), count)
    ]


def read(reply: Sequence[bytes | int]) -> Said:
    """The script's reply."""
    status, now, birth = reply[:3]
    granted, *used = [int(number) for number in reply[3:]] or [0]
    # Interned: there are few births, and each lease remembers one.
    return Said(_text(status), int(now) / 1000, intern(_text(birth)), granted, tuple(used))


def _text(told: bytes | int) -> str:
    return told.decode() if isinstance(told, bytes) else str(told)
