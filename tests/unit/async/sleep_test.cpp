#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using namespace std::chrono_literals;

namespace {
struct SleepFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
};
}  // namespace

TEST_CASE_METHOD(SleepFixture, "three sleeps of 1 s side by side end after 1 s") {
    auto body = [&]() -> Task<> {
        TaskGroup group("sleepers");
        auto nap = []() -> Task<> { co_await sleep_for(1s); };
        for (int i = 0; i < 3; ++i) group.spawn("nap", nap());
        co_await group.join();
    };
    const auto began = loop.now();
    loop.run(body());
    CHECK(loop.now() - began == 1s);
}

TEST_CASE_METHOD(SleepFixture, "sleeping for nothing gives the others their turn, in order") {
    std::string log;
    auto turns = [&](char name) -> Task<> {
        for (int i = 0; i < 3; ++i) {
            log += name;
            co_await sleep_for(0s);
        }
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("turns");
        group.spawn("a", turns('a'));
        group.spawn("b", turns('b'));
        co_await group.join();
    };
    loop.run(body());
    CHECK(log == "ababab");
    CHECK(loop.timers().empty());
}

TEST_CASE_METHOD(SleepFixture, "a sleep of any length can be asked for and cancelled") {
    auto endless = []() -> Task<> { co_await sleep_for(std::chrono::nanoseconds::max()); };
    auto body = [&]() -> Task<> {
        TaskGroup group("endless");
        group.spawn("endless", endless());
        co_await sleep_for(24h);
        CHECK(group.size() == 1);
        group.cancel(CancelReason::asked);
        co_await group.join();
    };
    loop.run(body());
    CHECK(loop.timers().empty());
}
