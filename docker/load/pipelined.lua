-- 16 requests a write, the answers read together: wrk -t1 -c64 -d10s -s docker/load/pipelined.lua URL
local depth = 16

function init(arguments)
    local requests = {}
    for i = 1, depth do
        requests[i] = wrk.format("GET", wrk.path)
    end
    pipeline = table.concat(requests)
end

function request()
    return pipeline
end
