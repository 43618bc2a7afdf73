-- The load of one cell. From the environment:
-- OP = hello | wallet | tip | hot | feed | feedtop;  SALT unique per run;  ROWS of content;  FANS = "first last"
-- HELLO, WALLET, TIP, FEED: paths;  TOKEN, USER_ID: printf patterns of user n (USER_ID as JSON text)
local function need(name) return os.getenv(name) or error(name .. " is not set") end

local op, salt, rows = need("OP"), need("SALT"), tonumber(os.getenv("ROWS") or "200000")
local token_format, user_format = need("TOKEN"), need("USER_ID")
local first, last = need("FANS"):match("(%d+) (%d+)")
local hello, wallet, tip, feed = need("HELLO"), need("WALLET"), need("TIP"), os.getenv("FEED")
local base_seconds = 1767225600 -- 2026-01-01T00:00:00Z; content n was created n seconds later
local counter = 0

function init(args)
  math.randomseed(tonumber(salt))
end

local function token()
  return "Bearer " .. string.format(token_format, math.random(first, last))
end

if op == "hello" then
  request = function() return wrk.format("GET", hello) end
elseif op == "wallet" then
  request = function() return wrk.format("GET", wallet, { ["Authorization"] = token() }) end
elseif op == "feed" then
  request = function()
    local id = math.random(1, rows)
    return wrk.format("GET", string.format("%s?limit=20&cursor=%d000.%d", feed, base_seconds + id, id))
  end
elseif op == "feedtop" then
  request = function() return wrk.format("GET", feed .. "?limit=20") end
else
  local body = '{"recipientId":' .. user_format .. ',"amount":%d,"context":"stream","contextId":"str_live"}'
  request = function()
    counter = counter + 1
    local recipient = op == "hot" and 1 or math.random(1, 1000)
    return wrk.format("POST", tip, {
      ["Authorization"] = token(),
      ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = salt .. "-" .. counter,
    }, string.format(body, recipient, math.random(1, 500)))
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nJSON {"requests":%d,"us":%d,"p50":%d,"p99":%d,"max":%d,"status":%d,"socket":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout))
end
