#include "tasks.hpp"

#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/token_bucket.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

ASYNC_TEST_CASE("rate 5, burst 2: 15 calls take 2.6 s, one after the other or all at once") {
    TokenBucket bucket(5, 2);
    auto began = now();
    for (int i = 0; i < 15; ++i) co_await bucket.take();
    CHECK(now() - began == 2600ms);

    co_await sleep_for(1h);  // full again, and no fuller than its burst
    began = now();
    const auto call = [&]() -> Task<> { co_await bucket.take(); };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 15; ++i) group.spawn("call", call());
        co_return;
    };
    co_await with_task_group("group", body);
    CHECK(now() - began == 2600ms);
    CHECK(bucket.stats(now()).taken == 30);
}

ASYNC_TEST_CASE("50 a second stays 50 a second whatever the caller does between its calls") {
    TokenBucket bucket(50, 1);
    const auto began = now();
    for (int i = 0; i <= 1000; ++i) {
        co_await bucket.take();
        co_await sleep_for(7ms);
    }
    CHECK(now() - began == 20s + 7ms);
}

ASYNC_TEST_CASE(
    "rates that are no whole number of the timer's resolution are kept in the long run") {
    TokenBucket odd(3, 1);        // 333.3 ms
    TokenBucket quick(7000, 14);  // 142.9 us, below the resolution
    auto began = now();
    for (int i = 0; i <= 3000; ++i) co_await odd.take();
    CHECK(now() - began == 1000s);
    began = now();
    for (int i = 0; i < 70000 + 14; ++i) co_await quick.take();
    CHECK(now() - began >= 10s);
    CHECK(now() - began <= 10s + 1ms);
}

ASYNC_TEST_CASE("tokens are taken several at a time, first come, first served") {
    TokenBucket bucket(10, 4);
    std::vector<std::pair<int, std::chrono::nanoseconds>> order;
    const auto began = now();
    const auto call = [&](int number, std::size_t tokens) -> Task<> {
        co_await bucket.take(tokens);
        order.emplace_back(number, now() - began);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("first", call(1, 3));
        group.spawn("big", call(2, 4));
        group.spawn("small", call(3, 1));  // one is there, but not before the big one
        co_await sleep_for(1ms);
        CHECK(bucket.stats(now()).waiting == 2);
        CHECK_FALSE(bucket.try_take());
    };
    co_await with_task_group("group", body);
    const std::vector<std::pair<int, std::chrono::nanoseconds>> expected{
        {1, 0ms}, {2, 300ms}, {3, 400ms}};
    CHECK(order == expected);
}

ASYNC_TEST_CASE("a cancelled waiter's tokens go to the next") {
    TokenBucket bucket(1, 1);
    const auto began = now();
    std::vector<std::chrono::nanoseconds> times;
    const auto call = [&]() -> Task<> {
        co_await bucket.take();
        times.push_back(now() - began);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto first = group.start("first", call());
        auto second = group.start("second", call());
        auto third = group.start("third", call());
        co_await sleep_for(500ms);
        second.cancel(CancelReason::asked);
    };
    co_await with_task_group("group", body);
    CHECK(times == std::vector<std::chrono::nanoseconds>{0s, 1s});
}

ASYNC_TEST_CASE("try_take never waits; stats tell what is there") {
    TokenBucket bucket(2, 3);
    CHECK(bucket.try_take(3));
    CHECK_FALSE(bucket.try_take());
    CHECK(bucket.stats(now()).available == Approx(0));
    co_await sleep_for(750ms);
    CHECK(bucket.stats(now()).available == Approx(1.5));
    CHECK(bucket.try_take());
    CHECK_FALSE(bucket.try_take());
    co_await sleep_for(1min);
    CHECK(bucket.stats(now()).available == Approx(3));
}

ASYNC_TEST_CASE("a bucket tells how long one more would have to wait, behind those who wait") {
    TokenBucket bucket(2, 3);
    CHECK(bucket.delay(3, now()) == 0s);
    CHECK(bucket.try_take(2));
    CHECK(bucket.delay(1, now()) == 0s);
    CHECK(bucket.delay(3, now()) == 1s);
    const auto take_all = [&]() -> Task<> { co_await bucket.take(3); };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto first = group.start("first", take_all());
        auto second = group.start("second", take_all());
        co_await sleep_for(0s);
        CHECK(bucket.delay(1, now()) == 3s);  // 1 s for the first, 1.5 s for the second
        first.cancel(CancelReason::asked);
        co_await sleep_for(0s);
        CHECK(bucket.delay(1, now()) == 1500ms);
        co_await second.join();
        CHECK(bucket.delay(1, now()) == 500ms);
        co_await sleep_for(1h);
        CHECK(bucket.delay(3, now()) == 0s);
    };
    co_await with_task_group("takers", body);
}
