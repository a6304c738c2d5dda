-- Lease calls of one charge, take back what was not used, say what was used. The law is in script.py.
--
-- KEYS: the birth of the shelf, then the count of each window.
-- ARGV: now (or nothing), settle, least, most, fraction, held, back, birth, since, deadline, known; then for each
-- window its kind, the most it may have, when what is leased begins and ends, its calls by the usage record (or
-- nothing), its limit and the length of its period. What goes `back` is held `since` then; from `known` on all calls
-- are counted here. Times are in milliseconds.
--
-- Of each kind of window: `read` finds its `count`, and `since` when its calls matter; `add` counts more or fewer;
-- `write` keeps it; `whole` is when it is whole again, and `passes` when `least` more calls will have room.

local HEADER, EACH, KEPT, PARTS = 11, 7, 3600000, 60

local least, most, fraction = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local held, back, since, deadline, known = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local change = back > 0


local function say(status, ...)
  return {status, string.format('%d', now), birth, ...}
end

local function whole_number(number)
  return string.format('%d', number)
end

local function keep(key, lasts, ...)
  if lasts > 0 then
    redis.call('HSET', key, 'b', birth, ...)
    redis.call('PEXPIRE', key, whole_number(lasts))
  end
end

local calendar = {}

function calendar.read(w)
  local kept = redis.call('HMGET', w.key, 'n', 'b')
  w.count, w.birth, w.since = tonumber(kept[1]), kept[2], w.began
end

function calendar.add(w, calls)
  w.count = math.max(w.count + calls, 0)
end

function calendar.write(w)
  keep(w.key, w.ends - now + KEPT, 'n', whole_number(w.count))
end

function calendar.whole(w)
  return w.ends
end

function calendar.passes(w)
  return w.ends
end

-- A part of a rolling window is as long as what is leased: a call counts in the part in which it passes.
local rolling = {}

function rolling.read(w)
  w.length = w.ends - w.began
  w.present = math.floor(now / w.length)
  w.parts, w.changed, w.since = {}, {}, (w.present - PARTS) * w.length
  local kept = redis.call('HGETALL', w.key)
  for i = 1, #kept, 2 do
    local written, calls = tonumber(kept[i]), tonumber(kept[i + 1])
    if not written then
      w.birth = kept[i + 1]
    else
      -- A clock that was set back finds parts that did not begin: they count as if they were now.
      local part = math.min(written, w.present)
      if part >= w.present - PARTS then
        w.parts[part] = (w.parts[part] or 0) + calls
        w.count = (w.count or 0) + calls
      end
      if part ~= written or part < w.present - PARTS then
        w.changed[written], w.changed[part] = true, true
      end
    end
  end
end

function rolling.add(w, calls, part)
  part = part or w.present
  local before = w.parts[part] or 0
  w.parts[part], w.changed[part] = math.max(before + calls, 0), true
  w.count = w.count + w.parts[part] - before
end

function rolling.write(w)
  for part in pairs(w.changed) do
    local field, calls = whole_number(part), w.parts[part] or 0
    if calls > 0 then
      redis.call('HSET', w.key, field, whole_number(calls))
    else
      redis.call('HDEL', w.key, field)
    end
  end
  keep(w.key, (w.present + PARTS + 1) * w.length - now + KEPT)
end

local function in_order(w)
  local counted = {}
  for part, calls in pairs(w.parts) do
    if calls > 0 then
      table.insert(counted, part)
    end
  end
  table.sort(counted)
  return counted
end

function rolling.whole(w)
  local counted = in_order(w)
  local latest = counted[#counted]
  return latest and (latest + PARTS + 1) * w.length or now
end

function rolling.passes(w)
  local lacking, at = least - (w.most - w.count), now
  for _, part in ipairs(in_order(w)) do
    if lacking > 0 then
      lacking, at = lacking - w.parts[part], (part + PARTS + 1) * w.length
    end
  end
  return at
end

-- A rate is a level (GCRA as a leaky bucket): a call adds as much as the period has milliseconds, and each millisecond
-- takes away as much as the limit is. So all of it is whole numbers, and nothing is ever rounded. What goes back takes
-- away what is sure to be left of it: the rest came back by itself while it was held.
local rate = {}

function rate.read(w)
  local kept = redis.call('HMGET', w.key, 'l', 't', 'b')
  w.birth, w.since, w.level = kept[3], now - w.most * w.length / w.limit, 0
  if kept[1] then
    w.level = math.max(tonumber(kept[1]) - math.max(now - tonumber(kept[2]), 0) * w.limit, 0)
    if w.level > w.most * w.length then -- the plan was changed
      w.level, change = w.most * w.length, true
    end
    w.count = math.ceil(w.level / w.length)
  end
end

function rate.add(w, calls)
  local level = calls * w.length
  if calls < 0 then
    level = math.min(level + math.max(now - since, 0) * w.limit, 0)
  end
  w.level = math.min(math.max(w.level + level, 0), w.most * w.length)
  w.count = math.ceil(w.level / w.length)
end

function rate.write(w)
  keep(w.key, math.ceil(w.level / w.limit) + KEPT, 'l', whole_number(w.level), 't', whole_number(now))
end

function rate.whole(w)
  return now + math.ceil(w.level / w.limit)
end

function rate.passes(w)
  return now + math.ceil((w.level + least * w.length - w.most * w.length) / w.limit)
end

local kinds, windows = {calendar = calendar, rolling = rolling, rate = rate}, {}
for i = 2, #KEYS do
  local at = HEADER + (i - 2) * EACH
  windows[i - 1] = {
    key = KEYS[i], kind = kinds[ARGV[at + 1]], most = tonumber(ARGV[at + 2]), began = tonumber(ARGV[at + 3]),
    ends = tonumber(ARGV[at + 4]), recorded = tonumber(ARGV[at + 5]), limit = math.max(tonumber(ARGV[at + 6]), 1),
    length = tonumber(ARGV[at + 7]),
  }
end

if back > 0 and ARGV[8] ~= birth then
  return say('unknown')
end
if deadline and now > deadline then
  return say('moved')
end
if settles then
  return say('settling')
end

local room = nil
for _, w in ipairs(windows) do
  if back == 0 and (now < w.began or now >= w.ends) then
    return say('moved')
  end
  w.kind.read(w)
  local counted = w.count
  w.count = counted or 0
  if w.birth ~= birth and (counted or math.max(w.since, known) < born) then
    if not w.recorded then
      return say('unknown')
    end
    w.kind.add(w, math.max(w.recorded - w.count, 0))
    change = true
  end
  if back > 0 then
    w.kind.add(w, -back, w.began / w.length)
  end
  room = math.min(room or w.most - w.count, w.most - w.count)
end

local granted = 0
if room and most > 0 and room >= math.max(least, 1) then
  granted = math.max(least, math.min(most, math.floor((room + held) / fraction) - held))
end

local told = {}
for _, w in ipairs(windows) do
  if granted > 0 then
    w.kind.add(w, granted)
  end
  local passes = w.most - w.count < least and w.kind.passes(w) or now
  if granted > 0 or change then
    w.kind.write(w)
  end
  for _, number in ipairs({w.count, w.kind.whole(w), passes}) do
    table.insert(told, whole_number(number))
  end
end
return say('told', whole_number(granted), unpack(told))
