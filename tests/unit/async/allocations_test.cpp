#include "counted_new.hpp"

#include <troika/async/channel.hpp>
#include <troika/async/event.hpp>
#include <troika/async/mutex.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/token_bucket.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

using namespace troika;
using namespace std::chrono_literals;

ASYNC_TEST_CASE("the count sees what a channel's queue allocates") {
    const std::size_t before = allocations();
    Channel<int> channel(1000);
    for (int i = 0; i < 1000; ++i) co_await channel.send(i);
    CHECK(allocations() > before);
}

ASYNC_TEST_CASE("an uncontended acquire, lock, event and token allocate nothing") {
    Semaphore semaphore(2);
    Mutex mutex;
    Event event;
    event.set();
    TokenBucket bucket(1000, 1000);
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i) {
        const auto permit = co_await semaphore.acquire();
        const auto tried = semaphore.try_acquire();
        const auto lock = co_await mutex.lock();
        co_await event.wait();
        co_await bucket.take();
    }
    const std::size_t after = allocations();
    CHECK(after == before);
}

ASYNC_TEST_CASE("100,000 sleeping tasks take less than 1 KB each, and give it back") {
    constexpr std::size_t kTasks = 100'000;
    const auto nap = []() -> Task<> { co_await sleep_for(1h); };
    std::size_t each = 0;
    const auto body = [&](TaskGroup& group) -> Task<> {
        const std::size_t before = allocated_bytes();
        for (std::size_t i = 0; i < kTasks; ++i) group.spawn("nap", nap());
        co_await sleep_for(1s);
        each = (allocated_bytes() - before) / kTasks;
    };
    const std::size_t before = allocated_bytes();
    co_await with_task_group("naps", body);
    CHECK(each > 100);
    CHECK(each <= 1024);
    CHECK((allocated_bytes() - before) / kTasks < 100);  // the timers' heap keeps its room
}
