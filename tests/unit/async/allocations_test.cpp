#include "counted_new.hpp"

#include <troika/async/channel.hpp>
#include <troika/async/event.hpp>
#include <troika/async/mutex.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
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
