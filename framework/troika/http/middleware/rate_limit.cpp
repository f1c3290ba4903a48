#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/middleware/detail/client_buckets.hpp>
#include <troika/http/middleware/rate_limit.hpp>
#include <troika/observe/metrics.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace troika::http {

namespace {

class RateLimit final {
  public:
    RateLimit(Metrics& metrics, const RateLimitOptions& options)
        : options_(options),
          refused_(metrics.counter("troika_http_rate_limited_total",
                                   "Requests answered 429 because they came too fast.",
                                   {{"limit", options.name}})),
          buckets_(options.rate, options.burst, options.max_clients) {}

    Task<Response> answer(const Handler& next, Request& request) {
        const Clock::TimePoint now = current_scope()->loop().now();
        const bool alone = options_.whose == RateLimitOptions::Whose::each_client;
        const auto bucket = buckets_.of(alone ? request.peer() : Peer(), now);
        const auto delay = bucket->delay(1, now);
        if (delay > options_.max_wait) co_return refuse(delay - options_.max_wait, request);
        co_await bucket->take();
        Task<Response> task = next(request);
        co_return co_await std::move(task);
    }

  private:
    Response refuse(Clock::Duration early, const Request& request) {
        refused_.add();
        const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(early).count());
        return problem(HttpError(Status::too_many_requests,
                                 "too many requests; the next one is answered in " + seconds + " s")
                           .with_type("rate-limited")
                           .with_header("Retry-After", seconds),
                       request.id());
    }

    RateLimitOptions options_;
    Counter& refused_;
    detail::ClientBuckets buckets_;
};

void check(const RateLimitOptions& options) {
    const std::string where = "rate limit '" + options.name + "': ";
    if (!(options.rate > 0) || !std::isfinite(options.rate))
        throw Error(where + "the rate has to be above 0 requests per second");
    if (options.burst == 0) throw Error(where + "a burst of 0 would let nobody through");
    if (options.max_clients == 0) throw Error(where + "max_clients has to be at least 1");
}

}  // namespace

Middleware rate_limit(Metrics& metrics, RateLimitOptions options) {
    check(options);
    auto limit = std::make_shared<RateLimit>(metrics, options);
    return [limit](Handler next) -> Handler {
        return [limit, next = std::move(next)](Request& request) {
            return limit->answer(next, request);
        };
    };
}

}  // namespace troika::http
