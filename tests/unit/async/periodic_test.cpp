#include "tasks.hpp"

#include <troika/async/periodic.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

ASYNC_TEST_CASE("periodic calls do not drift, however long each takes") {
    const auto began = now();
    std::vector<std::chrono::nanoseconds> times;
    const auto work = [&]() -> Task<> {
        times.push_back(now() - began);
        co_await sleep_for(std::chrono::milliseconds(times.size() * 7));
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("work", periodic(100ms, work));
        co_await sleep_for(1050ms);
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("group", body);
    REQUIRE(times.size() == 11);
    for (std::size_t i = 0; i < times.size(); ++i) CHECK(times[i] == 100ms * i);
}

ASYNC_TEST_CASE("ticks that pass during a call are skipped and counted, calls never overlap") {
    const auto began = now();
    std::vector<std::chrono::nanoseconds> times;
    std::vector<std::uint64_t> missed;
    bool inside = false;
    const auto work = [&](Tick tick) -> Task<> {
        CHECK_FALSE(inside);
        inside = true;
        times.push_back(now() - began);
        missed.push_back(tick.missed);
        CHECK(times.back() == 1s * tick.number);
        const auto length = times.size() == 2 ? 3500ms : 10ms;
        co_await sleep_for(length);
        inside = false;
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("work", periodic(1s, work));
        co_await sleep_for(6500ms);
        group.cancel(CancelReason::asked);
    };
    co_await with_task_group("group", body);
    CHECK(times == std::vector<std::chrono::nanoseconds>{0s, 1s, 5s, 6s});
    CHECK(missed == std::vector<std::uint64_t>{0, 0, 3, 3});
}

ASYNC_TEST_CASE("a call that throws ends it") {
    int calls = 0;
    const auto work = [&]() -> Task<> {
        if (++calls == 3) throw std::runtime_error("third");
        co_return;
    };
    std::string text;
    try {
        co_await periodic(1s, work);
    } catch (const std::runtime_error& error) {
        text = error.what();
    }
    CHECK(text == "third");
    CHECK(calls == 3);
}
