-- SPDX-License-Identifier: MIT
-- One request again and again, or those of a file; prints what was measured as one JSON line.
-- Files come by environment: wrk's own arguments behind "--" are for people.
--   BENCH_TOKENS  one access token a line; request i uses token i
--   BENCH_BODY    body of a POST; %d is replaced by i
--   BENCH_BODIES  one body a line; request i uses line i
--   BENCH_PATHS   one path a line; request i uses line i
--   BENCH_ETAG    each request has it in If-None-Match
--   BENCH_ONCE    each token once; behind the last one the script stops (a cart is ordered once)
local requests, at = {}, 0
spent = false -- global: the reporter asks the thread for it

local function lines(name)
    local found, path = {}, os.getenv(name)
    if path then
        for line in io.lines(path) do found[#found + 1] = line end
    end
    return found
end

local dynamic = os.getenv("BENCH_TOKENS") or os.getenv("BENCH_BODY") or os.getenv("BENCH_BODIES") or
    os.getenv("BENCH_PATHS") or os.getenv("BENCH_ETAG")

local function prepare()
    local tokens, bodies, paths = lines("BENCH_TOKENS"), lines("BENCH_BODIES"), lines("BENCH_PATHS")
    local body = os.getenv("BENCH_BODY")
    local count = math.max(#tokens, #paths, #bodies, 1)
    for i = 1, count do
        local headers = { ["Accept"] = "application/json", ["If-None-Match"] = os.getenv("BENCH_ETAG") }
        local text = bodies[i] or (body and body:gsub("%%d", tostring(i)))
        if #tokens > 0 then headers["Authorization"] = "Bearer " .. tokens[(i - 1) % #tokens + 1] end
        if text then headers["Content-Type"] = "application/json" end
        requests[i] = wrk.format(text and "POST" or "GET", paths[i], headers, text)
    end
end

local function following()
    at = at + 1
    if at > #requests then
        if os.getenv("BENCH_ONCE") then
            spent = true
            wrk.thread:stop()
        end
        at = 1
    end
    return requests[at]
end

-- without them wrk repeats one request of its own making, which costs it least
if dynamic then
    init, request = prepare, following
end

-- looking at each reply costs wrk much, so only orders are: the first refusal tells why the run stopped
refused = "" -- global, as spent
if os.getenv("BENCH_ONCE") then
    response = function(status, _, body)
        if status >= 400 and refused == "" then refused = status .. ": " .. body:sub(1, 300) end
    end
end

function setup(thread) THREAD = thread end

function done(summary, latency, all)
    local e = summary.errors
    if THREAD:get("refused") ~= "" then io.write("\nREFUSED ", THREAD:get("refused"), "\n") end
    io.write(string.format(
        '\nBENCH {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "max": %d, ' ..
        '"errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}, "spent": %s}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
        latency.max, e.connect, e.read, e.write, e.status, e.timeout, tostring(THREAD:get("spent") or false)))
end
