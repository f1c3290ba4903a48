#pragma once

#include "eventually.hpp"

#include <troika/async/cancelled.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/scope.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

// What tests of tasks share.
namespace troika::testing {

// The clock of the loop that runs the calling task.
inline Clock::TimePoint now() { return current_scope()->loop().now(); }

// Awaits `task`; `outcome` tells how it ended.
template <typename T>
Task<> tell(Task<T> task, std::string& outcome) {
    try {
        co_await std::move(task);
        outcome = "finished";
    } catch (const Cancelled& cancelled) {
        outcome = "cancelled: " + std::string(to_string(cancelled.reason));
        throw;
    } catch (const std::exception& error) {
        outcome = error.what();
    }
}

// Suspends until `condition` holds; fails the test when it does not within kBound.
template <typename Condition>
Task<> until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + kBound;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit)
            FAIL("waited " << kBound.count() << " s in vain");
        co_await sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace troika::testing
