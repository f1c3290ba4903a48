#pragma once

#include <troika/http/middleware/middleware.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace troika {
class Metrics;
}

namespace troika::http {

struct RateLimitOptions {
    // An IPv4 address or the /64 of an IPv6 one, as the server believes it (trusted_proxies); all who
    // come over a unix socket are one client.
    enum class Whose : bool { each_client, everybody };

    double rate = 10;        // requests per second, in the long run
    std::size_t burst = 10;  // and at once, after a pause
    Whose whose = Whose::each_client;
    std::chrono::milliseconds max_wait{0};  // for its turn, first come, first served; 0: none waits
    std::size_t max_clients = 10'000;       // addresses remembered, about 300 bytes each
    std::string name = "default";           // the label `limit` of its metric
};

// A TokenBucket in front of routes. Who comes too early waits for its turn, or gets 429 `rate-limited`
// (RFC 6585, section 4) with Retry-After (RFC 9110, section 10.2.3), counted by
// troika_http_rate_limited_total.
//
//     app.use(rate_limit(app.metrics(), {.rate = 100, .burst = 200}));   // each client, all routes
//     RouteOptions strict;
//     strict.middleware = {rate_limit(app.metrics(), {.rate = 1, .burst = 5, .name = "login"})};
//     app.post("/login", on_thread(login), strict);
//
// One object that is given to several routes is one limit for all of them. A client whose bucket is
// full again is forgotten at no loss; above max_clients the one that was quiet for longest is forgotten
// with what it owed, so a flood of addresses takes no memory, and nobody is locked out by it.
//
//   Lifetime      `metrics` outlives it.
//   Threads       Used by one app, on its loop.
//   Errors        Error for a rate or burst of 0, or for room for no client.
//   Cancellation  A client that is gone gives up its place in the queue.
Middleware rate_limit(Metrics& metrics, RateLimitOptions options);

}  // namespace troika::http

namespace troika {
using http::rate_limit;
using http::RateLimitOptions;
}  // namespace troika
