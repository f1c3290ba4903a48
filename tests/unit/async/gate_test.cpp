#include <troika/async/gate.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace std::chrono_literals;

TEST_CASE("a gate lets nobody in once it closes and waits for those inside") {
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    Gate gate;
    auto visit = [&]() -> Task<> {
        const auto pass = gate.enter();
        co_await sleep_for(3s);
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("visitors");
        group.spawn("a", visit());
        group.spawn("b", visit());
        co_await sleep_for(1s);
        CHECK(gate.inside() == 2);
        co_await gate.close();
        CHECK(gate.inside() == 0);
        CHECK_THROWS_AS(gate.enter(), Stopped);
        CHECK_FALSE(gate.try_enter());
        co_await gate.close();
        co_await group.join();
    };
    const auto began = loop.now();
    loop.run(body());
    CHECK(loop.now() - began == 3s);
}

ASYNC_TEST_CASE("stats of a gate tell who is inside and who waits for them") {
    Gate gate;
    const auto stop = [&]() -> Task<> { co_await gate.close(); };
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::optional<Gate::Pass> pass(gate.enter());
        CHECK_FALSE(gate.stats().closed);
        CHECK(gate.stats().inside == 1);
        CHECK(gate.stats().waiting == 0);
        group.spawn("first", stop());
        group.spawn("second", stop());
        co_await testing::advance(1s);
        CHECK(gate.stats().closed);
        CHECK(gate.stats().waiting == 2);
        pass.reset();
    };
    co_await with_task_group("stoppers", body);
    CHECK(gate.stats().inside + gate.stats().waiting == 0);
}
