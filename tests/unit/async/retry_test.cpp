#include "tasks.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/retry.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

const std::exception_ptr kTransient = std::make_exception_ptr(TimeoutError("late"));

template <typename E>
std::exception_ptr wrapped(E error) {
    return std::make_exception_ptr(std::move(error));
}

}  // namespace

TEST_CASE("retry state: as many delays as attempts less one, each within its doubling bound") {
    const RetryPolicy policy{.attempts = 6, .base = 100ms, .cap = 500ms};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        RetryState state(policy, seed);
        for (const auto bound : {100ms, 200ms, 400ms, 500ms, 500ms}) {
            const auto delay = state.failed(kTransient);
            REQUIRE(delay);
            CHECK(*delay >= 0ms);
            CHECK(*delay <= bound);
        }
        CHECK_FALSE(state.failed(kTransient));
        CHECK(state.attempts() == 6);
    }
}

TEST_CASE("retry state: the jitter is full, from nothing to the bound, and evenly spread") {
    const RetryPolicy policy{.attempts = 2, .base = 1s};
    int tenths[10] = {};
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
        RetryState state(policy, seed);
        ++tenths[state.failed(kTransient).value() / 100ms];
    }
    for (const int count : tenths) {
        CHECK(count > 850);
        CHECK(count < 1150);
    }
}

TEST_CASE("retry state: what another attempt cannot cure is not repeated") {
    CHECK(is_transient(wrapped(IoError(boost::system::error_code(), "read"))));
    CHECK(is_transient(wrapped(TimeoutError("late"))));
    CHECK(is_transient(wrapped(Overloaded("full", 1s))));
    CHECK_FALSE(is_transient(wrapped(Stopped("gone"))));
    CHECK_FALSE(is_transient(wrapped(std::runtime_error("404"))));
    CHECK_FALSE(is_transient(wrapped(42)));
    const RetryPolicy policy{.attempts = 10};
    RetryState state(policy, 1);
    CHECK_FALSE(state.failed(wrapped(std::invalid_argument("bad input"))));
}

TEST_CASE("retry state: the predicate decides, but never for a cancel") {
    const RetryPolicy policy{.attempts = 10, .retry_if = [](const auto&) { return true; }};
    RetryState state(policy, 1);
    CHECK(state.failed(wrapped(std::runtime_error("404"))));
    CHECK_FALSE(state.failed(wrapped(Cancelled{CancelReason::asked})));
}

TEST_CASE("retry state: what an overloaded peer asks for is waited in any case") {
    const RetryPolicy policy{.attempts = 10, .base = 10ms};
    RetryState state(policy, 1);
    const auto delay = state.failed(wrapped(Overloaded("full", 7s)));
    REQUIRE(delay);
    CHECK(*delay >= 7s);
    CHECK(*delay <= 7s + 10ms);
}

TEST_CASE("a retry budget lets a tenth of the calls be retried and no more") {
    RetryBudget budget(0.1, 3);
    const RetryPolicy policy{.attempts = 2, .budget = &budget};
    int retries = 0;
    for (int call = 0; call < 1000; ++call) {
        budget.earn();
        RetryState state(policy, 1);
        if (state.failed(kTransient)) ++retries;
    }
    CHECK(retries >= 102);
    CHECK(retries <= 103);
}

ASYNC_TEST_CASE("retry: a peer that fails twice is asked three times, with delays in bounds") {
    std::vector<Clock::TimePoint> asked;
    const auto ask = [&]() -> Task<int> {
        asked.push_back(now());
        if (asked.size() < 3) throw TimeoutError("late");
        co_return 7;
    };
    const RetryPolicy policy{.attempts = 5, .base = 1s, .cap = 60s};
    const int answer = co_await retry(policy, ask);
    CHECK(answer == 7);
    REQUIRE(asked.size() == 3);
    CHECK(asked[1] - asked[0] <= 1s + 1ms);
    CHECK(asked[2] - asked[1] <= 2s + 1ms);
}

ASYNC_TEST_CASE("retry: the last failure is thrown as it was") {
    int asked = 0;
    const auto ask = [&]() -> Task<> {
        ++asked;
        throw TimeoutError("attempt " + std::to_string(asked));
        co_return;
    };
    std::string text;
    try {
        co_await retry(RetryPolicy(), ask);
    } catch (const TimeoutError& error) {
        text = error.what();
    }
    CHECK(text == "attempt 3");
}

ASYNC_TEST_CASE("retry: no attempt is begun that the deadline would not let end") {
    int asked = 0;
    const auto ask = [&]() -> Task<> {
        ++asked;
        throw Overloaded("full", 10s);
        co_return;
    };
    const auto began = now();
    const RetryPolicy policy{.attempts = 100};
    bool given_up = false;
    try {
        auto asking = retry(policy, ask);
        co_await with_timeout(25s, std::move(asking));
    } catch (const Overloaded&) {
        given_up = true;  // the failure itself, not a TimeoutError
    }
    CHECK(given_up);
    CHECK(asked == 3);
    CHECK(now() - began < 22s);
}

ASYNC_TEST_CASE("retry: a cancel ends the delay and is not retried") {
    int asked = 0;
    const auto ask = [&]() -> Task<> {
        ++asked;
        throw Overloaded("full", 10s);
        co_return;
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("asking", retry(RetryPolicy(), ask));
        co_await sleep_for(1s);
        group.cancel(CancelReason::asked);
    };
    const auto began = now();
    co_await with_task_group("group", body);
    CHECK(asked == 1);
    CHECK(now() - began == 1s);
}
