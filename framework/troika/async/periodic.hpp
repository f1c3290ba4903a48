#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task.hpp>
#include <troika/base/check.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <type_traits>

namespace troika {

struct Tick {
    std::uint64_t number;  // of intervals since the first call, which is 0
    std::uint64_t missed;  // ticks skipped so far, because a call was still running
};

// Awaits `function(tick)` or `function()` now and then at every multiple of `interval` from now,
// however long a call takes: times do not drift, calls do not overlap, and ticks that passed during
// a call are skipped and counted. Runs until it is cancelled or the function throws.
//
//     group.spawn("refresh", periodic(30s, [&] { return cache.refresh(); }));
template <typename F>
Task<> periodic(std::chrono::nanoseconds interval, F function) {
    TROIKA_CHECK(interval > interval.zero(), "periodic() needs an interval above zero");
    EventLoop& loop = current_scope()->loop();
    const auto began = loop.now();
    Tick tick{0, 0};
    for (;;) {
        if constexpr (std::is_invocable_v<F&, Tick>) {
            Task<> call = function(tick);
            co_await std::move(call);
        } else {
            Task<> call = function();
            co_await std::move(call);
        }
        const auto passed = static_cast<std::uint64_t>((loop.now() - began) / interval);
        if (passed > tick.number) tick.missed += passed - tick.number;
        tick.number = std::max(tick.number, passed) + 1;
        const auto due = began + interval * static_cast<std::int64_t>(tick.number);
        co_await sleep_for(due - loop.now());
    }
}

}  // namespace troika
