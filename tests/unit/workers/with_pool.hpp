#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/workers/thread_pool.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <utility>

namespace troika::testing {

// A loop with a default pool; body(pool) is the main task and the pool is stopped after it.
template <typename Body>
void with_pool(workers::ThreadPoolOptions options, Body body) {
    EventLoop loop;
    ThreadPool pool(loop, std::move(options));
    loop.offer(&pool);
    loop.run([](ThreadPool& pool, Body& body) -> Task<> {
        co_await body(pool);
        const std::size_t busy = co_await pool.stop(StopMode::drain, std::chrono::seconds(10));
        CHECK(busy == 0);
    }(pool, body));
}

}  // namespace troika::testing
