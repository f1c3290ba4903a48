#include <troika/async/mutex.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <vector>

using namespace troika;
using namespace std::chrono_literals;

ASYNC_TEST_CASE("a mutex lets one task in at a time, first come, first served") {
    Mutex mutex;
    int inside = 0;
    std::vector<int> order;
    const auto enter = [&](int number) -> Task<> {
        const auto lock = co_await mutex.lock();
        CHECK(++inside == 1);
        CHECK_FALSE(mutex.try_lock());
        order.push_back(number);
        co_await sleep_for(1ms);
        --inside;
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 5; ++i) group.spawn("enter", enter(i));
        co_await sleep_for(0ms);
        co_await sleep_for(0ms);
        CHECK(mutex.stats().locked);
        CHECK(mutex.stats().waiting == 4);
    };
    co_await with_task_group("group", body);
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_FALSE(mutex.locked());
    CHECK(mutex.stats().had_to_wait == 4);
}

ASYNC_TEST_CASE("a waiter that is cancelled does not take the lock with it") {
    Mutex mutex;
    bool entered = false;
    const auto enter = [&]() -> Task<> {
        const auto lock = co_await mutex.lock();
        entered = true;
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto lock = co_await mutex.lock();
        auto waiter = group.start("waiter", enter());
        co_await sleep_for(1ms);
        waiter.cancel(CancelReason::asked);
        co_await sleep_for(1ms);
        CHECK(mutex.stats().waiting == 0);
        lock.unlock();
        CHECK_FALSE(lock.owns());
    };
    co_await with_task_group("group", body);
    CHECK_FALSE(entered);
    CHECK_FALSE(mutex.locked());
}

ASYNC_TEST_CASE("a waiter that is cancelled when it has the lock already gives it back") {
    Mutex mutex;
    bool left = false;
    const auto enter = [&]() -> Task<> {
        const auto lock = co_await mutex.lock();
        co_await sleep_for(1ms);  // throws: delivered first, cancelled at the next wait
        left = true;
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto lock = co_await mutex.lock();
        auto waiter = group.start("waiter", enter());
        co_await sleep_for(1ms);
        lock.unlock();
        waiter.cancel(CancelReason::asked);
    };
    co_await with_task_group("group", body);
    CHECK_FALSE(left);
    CHECK_FALSE(mutex.locked());
}

ASYNC_TEST_CASE("a lock can be moved, tried and taken again") {
    Mutex mutex;
    auto first = mutex.try_lock();
    REQUIRE(first);
    Mutex::Lock moved = std::move(*first);
    CHECK_FALSE(first->owns());
    CHECK(moved.owns());
    moved.unlock();
    moved = co_await mutex.lock();
    CHECK(mutex.locked());
}
