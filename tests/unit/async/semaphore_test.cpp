#include <troika/async/event.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {
struct SemaphoreFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
};
}  // namespace

TEST_CASE_METHOD(SemaphoreFixture,
                 "100 calls of 1 s with 10 permits take 10 s and never more than 10 run") {
    Semaphore semaphore(10);
    int running = 0;
    int peak = 0;
    auto call = [&]() -> Task<> {
        const auto permit = co_await semaphore.acquire();
        peak = std::max(peak, ++running);
        co_await sleep_for(1s);
        --running;
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("calls");
        for (int i = 0; i < 100; ++i) group.spawn("call", call());
        co_await group.join();
    };
    const auto began = loop.now();
    loop.run(body());
    CHECK(loop.now() - began == 10s);
    CHECK(peak == 10);
    CHECK(semaphore.available() == 10);
}

TEST_CASE_METHOD(SemaphoreFixture,
                 "permits are granted first come, first served and cannot be overtaken") {
    Semaphore semaphore(1);
    std::vector<int> order;
    auto call = [&](int number) -> Task<> {
        const auto permit = co_await semaphore.acquire();
        order.push_back(number);
        co_await sleep_for(1ms);
        CHECK_FALSE(semaphore.try_acquire());
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("calls");
        for (int i = 0; i < 5; ++i) group.spawn("call", call(i));
        co_await group.join();
    };
    loop.run(body());
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE_METHOD(SemaphoreFixture, "no permit is lost whatever is cancelled when") {
    const auto seed = GENERATE(take(20, random(1, 1 << 30)));
    INFO("seed " << seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    Semaphore semaphore(3);
    auto call = [&](std::chrono::milliseconds hold) -> Task<> {
        const auto permit = co_await semaphore.acquire();
        co_await sleep_for(hold);
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("calls");
        std::vector<TaskGroup::Id> ids;
        for (int i = 0; i < 300; ++i) {
            ids.push_back(group.spawn("call", call(std::chrono::milliseconds(random() % 5))));
            if (random() % 3 == 0) group.cancel(ids[random() % ids.size()], CancelReason::asked);
            if (random() % 4 == 0) co_await sleep_for(std::chrono::milliseconds(random() % 3));
        }
        co_await group.join();
    };
    loop.run(body());
    CHECK(semaphore.available() == 3);
    CHECK(semaphore.waiting() == 0);
}

TEST_CASE_METHOD(SemaphoreFixture,
                 "an event wakes every waiter and lets later ones pass until it is cleared") {
    Event event;
    int woken = 0;
    auto wait = [&]() -> Task<> {
        co_await event.wait();
        ++woken;
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("waiters");
        group.spawn("a", wait());
        const auto cancelled = group.spawn("b", wait());
        group.spawn("c", wait());
        co_await sleep_for(1ms);
        CHECK(woken == 0);
        group.cancel(cancelled, CancelReason::asked);
        event.set();
        co_await group.join();
        CHECK(woken == 2);
        co_await event.wait();
        event.clear();
        CHECK_FALSE(event.is_set());
    };
    loop.run(body());
}

TEST_CASE_METHOD(SemaphoreFixture, "stats of a semaphore and an event tell who waits") {
    Semaphore semaphore(1);
    Event event;
    auto wait = [&]() -> Task<> {
        const auto permit = co_await semaphore.acquire();
        co_await event.wait();
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("wait", wait());
        co_await sleep_for(1ms);
        CHECK(semaphore.stats().available == 0);
        CHECK(semaphore.stats().waiting == 2);
        CHECK(event.stats().waiting == 1);
        event.set();
        CHECK(event.stats().set);
    };
    loop.run(with_task_group("group", body));
    CHECK(semaphore.stats().available == 1);
    CHECK(semaphore.stats().had_to_wait == 2);
}
