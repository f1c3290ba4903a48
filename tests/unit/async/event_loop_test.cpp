#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

TEST_CASE("run gives the result, and what was thrown") {
    EventLoop loop;
    auto value = []() -> Task<std::string> { co_return "done"; };
    auto fail = []() -> Task<> {
        co_await sleep_for(1ms);
        throw std::runtime_error("failed");
    };
    CHECK(loop.run(value()) == "done");
    CHECK_THROWS_WITH(loop.run(fail()), "failed");
    CHECK(loop.run(value()) == "done");
}

TEST_CASE("posted functions run on the loop thread in the order of the calls") {
    EventLoop loop;
    std::vector<int> seen;
    std::atomic<bool> all_posted = false;
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i)
            loop.post([&seen, &loop, i] {
                CHECK(loop.on_loop_thread());
                seen.push_back(i);
            });
        all_posted = true;
    });
    auto wait = [&]() -> Task<> {
        while (!all_posted || seen.size() < 1000) co_await sleep_for(1ms);
    };
    loop.run(wait());
    other.join();
    REQUIRE(seen.size() == 1000);
    for (int i = 0; i < 1000; ++i) REQUIRE(seen[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a virtual clock runs due timers in order at once, and only as far as told") {
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    std::vector<int> log;
    auto note = [&](std::chrono::seconds wait, int value) -> Task<> {
        co_await sleep_for(wait);
        log.push_back(value);
    };
    TaskGroup group(loop.root(), "notes");
    group.spawn("c", note(30s, 3));
    group.spawn("a", note(10s, 1));
    group.spawn("b", note(20s, 2));
    clock.advance(loop, 9s);
    CHECK(log.empty());
    clock.advance(loop, 12s);
    CHECK(log == std::vector<int>{1, 2});
    group.cancel(CancelReason::asked);
    loop.run(group.join());
    CHECK(log == std::vector<int>{1, 2});
    CHECK(loop.timers().empty());
}

TEST_CASE("a loop-wide service is found by its type while it is offered") {
    struct Pool {
        int threads = 4;
    } pool;
    EventLoop loop;
    CHECK(loop.find<Pool>() == nullptr);
    loop.offer(&pool);
    REQUIRE(loop.find<Pool>() == &pool);
    CHECK(loop.find<int>() == nullptr);
    loop.offer<Pool>(nullptr);
    CHECK(loop.find<Pool>() == nullptr);
}

TEST_CASE("the current scope is there inside coroutines only") {
    EventLoop loop;
    CHECK(current_scope() == nullptr);
    auto look = []() -> Task<> {
        Scope* const before = current_scope();
        CHECK(before->name() == "main");
        co_await sleep_for(1ms);
        CHECK(current_scope() == before);
    };
    loop.run(look());
    CHECK(current_scope() == nullptr);
}
