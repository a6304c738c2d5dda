-- Lease places among the calls under way to one process, and say how many the others have. The law is in places.py.
--
-- KEYS: the birth of the shelf, then the places: of each process, how many, and until when by the store's clock.
-- ARGV: now (or nothing), settle, who asks, the places that calls of it have, how many it wishes (nothing: it only
-- asks), the limit, and how long a lease lasts. Times are in milliseconds. It begins as shelf.lua does.

local who, used, wish = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local limit, lasts = tonumber(ARGV[6]), tonumber(ARGV[7])

local others, kept = 0, redis.call('HGETALL', KEYS[2])
for i = 1, #kept, 2 do
  local places, ends = string.match(kept[i + 1], '(%d+):(%d+)')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[2], kept[i])
  elseif kept[i] ~= who then
    others = others + tonumber(places)
  end
end

local status = settles and 'settling' or 'told'
if not wish then
  return {status, 0, others}
end

-- What calls have, they have; while the store settles, nobody gets more.
local granted = settles and used or math.max(used, math.min(wish, limit - others))
if granted > 0 then
  redis.call('HSET', KEYS[2], who, string.format('%d:%d', granted, now + lasts))
  redis.call('PEXPIRE', KEYS[2], lasts)
else
  redis.call('HDEL', KEYS[2], who)
end
return {status, granted, others}
