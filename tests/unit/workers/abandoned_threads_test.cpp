#include "tasks.hpp"
#include "with_pool.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_thread.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <latch>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace troika;
using troika::testing::tell;
using troika::testing::until;
using troika::testing::with_pool;

namespace {

struct Gate {
    std::latch entered{1};
    std::latch released{1};
};
void pass(const std::shared_ptr<Gate>& gate) {
    gate->entered.count_down();
    gate->released.wait();
}

// Begins pass(gate) and leaves it alone once it runs.
Task<> abandon_one(ThreadPool& pool, std::shared_ptr<Gate> gate) {
    TaskGroup group("call");
    std::string outcome;
    group.spawn("call", tell(pool.run_abandonable(&pass, gate), outcome));
    co_await sleep_for(0s);
    gate->entered.wait();
    group.cancel(CancelReason::deadline);
    co_await group.join();
    CHECK(outcome == "cancelled: deadline");
}

}  // namespace

namespace {
std::latch abandoned_entered{1};
std::latch abandoned_released{1};
void block_globally(const std::string&) {
    abandoned_entered.count_down();
    abandoned_released.wait();
}
}  // namespace

TEST_CASE("an abandonable call frees its caller at once and its thread is counted") {
    with_pool({.threads = 1, .replacements = -1}, [](ThreadPool& pool) -> Task<> {
        TaskGroup group("calls");
        std::string outcome;
        const auto running = group.spawn(
            "running", tell(to_thread_abandonable(&block_globally, std::string("x")), outcome));
        co_await sleep_for(0s);
        abandoned_entered.wait();
        group.cancel(running, CancelReason::deadline);
        co_await group.join();
        CHECK(outcome == "cancelled: deadline");
        CHECK(pool.stats().abandoned == 1);
        CHECK(pool.stats().busy == 1);
        abandoned_released.count_down();
        const auto nothing = [] {};
        co_await to_thread(nothing);  // the one thread is back
        CHECK(pool.stats().abandoned == 0);
        CHECK(pool.stats().abandoned_total == 1);
    });
}

TEST_CASE("what an abandonable call may take is decided at compile time") {
    using workers::detail::parameters_own;
    STATIC_REQUIRE(parameters_own<int, std::string, const std::string&, std::vector<int>>());
    STATIC_REQUIRE_FALSE(parameters_own<int&>());
    STATIC_REQUIRE_FALSE(parameters_own<const char*>());
    STATIC_REQUIRE_FALSE(parameters_own<std::string_view>());
    STATIC_REQUIRE_FALSE(parameters_own<std::span<const int>>());
    STATIC_REQUIRE_FALSE(parameters_own<std::reference_wrapper<int>>());
}

TEST_CASE("an abandoned thread is replaced, and there are as many as wanted when it is back") {
    with_pool({.threads = 1}, [](ThreadPool& pool) -> Task<> {
        const auto nothing = [] {};
        for (int round = 0; round < 3; ++round) {
            auto gate = std::make_shared<Gate>();
            co_await abandon_one(pool, gate);
            CHECK(pool.stats().abandoned == 1);
            CHECK(pool.stats().alive == 2);
            co_await pool.run(nothing);  // somebody else is there for it
            gate->released.count_down();
            const auto back = [&pool] { return pool.stats().alive == 1; };
            co_await until(back);
            CHECK(pool.stats().abandoned == 0);
            co_await pool.run(nothing);
        }
        CHECK(pool.stats().abandoned_total == 3);
        CHECK(pool.stats().replaced_total == 3);
    });
}

TEST_CASE("no more threads are made for abandoned ones than allowed") {
    with_pool({.threads = 2, .replacements = 1}, [](ThreadPool& pool) -> Task<> {
        std::vector<std::shared_ptr<Gate>> gates;
        for (int i = 0; i < 3; ++i) {
            gates.push_back(std::make_shared<Gate>());
            co_await abandon_one(pool, gates.back());
        }
        CHECK(pool.stats().abandoned == 3);
        CHECK(pool.stats().alive == 3);
        CHECK(pool.stats().busy == 3);
        for (const auto& gate : gates) gate->released.count_down();
        const auto back = [&pool] { return pool.stats().alive == 2; };
        co_await until(back);
    });
}

TEST_CASE("a pool that stops waits for abandoned threads until its deadline") {
    auto first = std::make_shared<Gate>();
    auto second = std::make_shared<Gate>();
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 2});
    std::size_t busy = 99;
    const auto body = [&]() -> Task<> {
        co_await abandon_one(pool, first);
        co_await abandon_one(pool, second);
        TaskGroup group("stop");
        const auto stop = [&]() -> Task<> { busy = co_await pool.stop(StopMode::drain, 1h); };
        group.spawn("stop", stop());
        co_await sleep_for(0s);
        first->released.count_down();
        const auto one_is_back = [&pool] { return pool.stats().abandoned == 1; };
        co_await until(one_is_back);
        co_await sleep_for(1ms);
        CHECK(busy == 99);
        second->released.count_down();
        co_await group.join();
    };
    loop.run(body());
    CHECK(busy == 0);
    CHECK(pool.stats().abandoned == 0);
}

TEST_CASE("a pool that stops with abandoned threads says how many, and makes no more") {
    auto gate = std::make_shared<Gate>();
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 1});
    loop.run([](ThreadPool& pool, std::shared_ptr<Gate> gate) -> Task<> {
        co_await abandon_one(pool, gate);
        const std::size_t busy = co_await pool.stop(StopMode::drain, 10ms);
        CHECK(busy == 1);
        gate->released.count_down();
        const auto back = [&pool] { return pool.stats().abandoned == 0; };
        co_await until(back);
    }(pool, gate));
}
