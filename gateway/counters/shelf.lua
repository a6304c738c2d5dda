-- How every script begins: the present, and the birth of the charge's shelf. The law is in script.py.
--
-- KEYS: the birth. ARGV: now (or nothing), settle. Times are in milliseconds.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local birth = redis.call('GET', KEYS[1])
if not birth or string.sub(birth, 1, #run) ~= run then
  birth = run .. ':' .. string.format('%d', now)
  redis.call('SET', KEYS[1], birth)
end
local born = tonumber(string.match(birth, ':(%d+)'))
local settle = tonumber(ARGV[2])
local settles = now >= born and now < born + settle

