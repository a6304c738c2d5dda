-- Lease places among the calls under way to one process, and say how many the others have. The law is in places.py.
--
-- KEYS: the birth of the shelf, then the places: of each process, how many, and until when by the store's clock.
-- ARGV: now (or nothing), settle, who asks, the places that calls of it have, how many it wishes, the limit, and how
-- long a lease lasts. Times are in milliseconds.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local settle, who, used, wish = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local limit, lasts = tonumber(ARGV[6]), tonumber(ARGV[7])

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local birth = redis.call('GET', KEYS[1])
if not birth or string.sub(birth, 1, #run) ~= run then
  birth = run .. ':' .. string.format('%d', now)
  redis.call('SET', KEYS[1], birth)
end
local born = tonumber(string.match(birth, ':(%d+)'))
local settles = now >= born and now < born + settle

local others, kept = 0, redis.call('HGETALL', KEYS[2])
for i = 1, #kept, 2 do
  local places, ends = string.match(kept[i + 1], '(%d+):(%d+)')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[2], kept[i])
  elseif kept[i] ~= who then
    others = others + tonumber(places)
  end
end

-- What calls have, they have; while the store settles, nobody gets more.
local granted = settles and used or math.max(used, math.min(wish, limit - others))
if granted > 0 then
  redis.call('HSET', KEYS[2], who, string.format('%d:%d', granted, now + lasts))
  redis.call('PEXPIRE', KEYS[2], lasts)
else
  redis.call('HDEL', KEYS[2], who)
end
return {settles and 'settling' or 'told', granted, others}
