#include <troika/app/detail/running.hpp>
#include <troika/app/detail/shutdown.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/server/server.hpp>
#include <troika/observe/log.hpp>

#include <algorithm>
#include <utility>

//  signal   lame_duck              drain_timeout              cancel_grace    the rest
//  ──┬──────────┬──────────────────────┬──────────────────────────┬────────────┬──► hard limit
//    │          │                      │                          │            └ watchdog: _exit(1)
//    │          │                      │                          └ connections closed
//    │          │                      └ what is left is cancelled: 503 where nothing was sent
//    │          └ backlog accepted, listener closed, idle closed, requests finish with their jobs
//    └ readiness 503, still accepting, answers say Connection: close
//
//  as soon as no request is left: background tasks, pools, stop hooks in reverse, hook_timeout each;
//  the rest has room for all of them (ShutdownSettings::longest)

namespace troika::detail {

namespace {

// False when `limit` passed first; nothing is cut by that.
Task<bool> drained_within(http::Server& server, std::chrono::milliseconds limit) {
    try {
        Task<> drain = server.drain();
        co_await with_timeout(limit, std::move(drain));
        co_return true;
    } catch (const TimeoutError&) {
    }
    co_return false;
}

}  // namespace

Task<ShutdownReport> shut_down(http::Server& server, Running& running,
                               const ShutdownSettings& settings) {
    ShutdownReport report;
    running.set_stopping();
    const http::ServerStats at_first = server.stats();
    log::info("stopping",
              {{"connections", at_first.connections}, {"requests", at_first.in_request}});
    if (settings.lame_duck.count() > 0) {
        server.start_lame_duck();
        co_await sleep_for(settings.lame_duck);
    }
    auto pending = Running::Pending::finish;
    const Clock::TimePoint drain_ends = current_scope()->loop().now() + settings.drain_timeout;
    const bool drained = co_await drained_within(server, settings.drain_timeout);
    if (!drained) {
        const std::vector<std::string> cut = server.cancel_requests();
        report.cut = cut.size();
        pending = Running::Pending::give_up;
        for (const std::string& route : cut)
            log::warning("cut a request at the end of the drain", {{"route", route}});
        co_await drained_within(server, settings.cancel_grace);
    }
    co_await server.stop();
    // Jobs whose callers have left go on for as long as requests may. After a cut they have had their
    // grace; what remains must fit before the hard limit.
    const Clock::Duration rest = drain_ends - current_scope()->loop().now();
    const Clock::Duration limit = report.cut > 0
                                      ? Running::kAfterCut
                                      : std::max<Clock::Duration>(rest, settings.cancel_grace);
    Task<std::size_t> stop = running.stop(pending, limit);
    report.busy_threads = co_await std::move(stop);
    log::info("stopped", {{"cut", report.cut}, {"busy_threads", report.busy_threads}});
    co_return report;
}

}  // namespace troika::detail
