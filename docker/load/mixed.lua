-- Loop, thread and process in turn: wrk -t2 -c64 -d10s -s docker/load/mixed.lua URL
-- Other paths: ... URL -- /plaintext /block/20 /burn/20
local paths = { "/plaintext", "/plaintext", "/json", "/block/20", "/burn/20" }
local turn = 0

function init(arguments)
    if #arguments > 0 then
        paths = arguments
    end
end

function request()
    turn = turn % #paths + 1
    return wrk.format("GET", paths[turn])
end

function done(summary, latency)
    io.write(string.format("not 2xx: %d; errors: %d connect, %d read, %d write, %d timeout; p99 %.2f ms\n",
        summary.errors.status, summary.errors.connect, summary.errors.read, summary.errors.write,
        summary.errors.timeout, latency:percentile(99) / 1000))
end
