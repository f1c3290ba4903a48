-- POSTs a body and reads it back: wrk -t1 -c8 -d30s -s docker/load/echo.lua URL/echo -- 67108864
function init(arguments)
    local size = tonumber(arguments[1]) or 1024
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/octet-stream"
    wrk.body = string.rep("x", size)
    wrk.headers["Content-Length"] = size
end
