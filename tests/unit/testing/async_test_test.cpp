#include <troika/async/event.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<> note_after(std::chrono::milliseconds wait, std::vector<std::string>& log, std::string text) {
    co_await sleep_for(wait);
    log.push_back(std::move(text));
}

}  // namespace

ASYNC_TEST_CASE("the body of an async test case is a coroutine on virtual time", "[testing]") {
    EventLoop& loop = current_scope()->loop();
    CHECK(loop.clock().is_virtual());
    const auto began = loop.now();
    co_await sleep_for(24h);
    CHECK(loop.now() - began == 24h);
}

ASYNC_TEST_CASE("advance runs what is due by then, in order, and nothing that is due later") {
    std::vector<std::string> log;
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("c", note_after(10s, log, "c"));
        group.spawn("late", note_after(10s + 1ms, log, "late"));
        group.spawn("a", note_after(1s, log, "a"));
        group.spawn("b", note_after(9s, log, "b"));
        const auto began = current_scope()->loop().now();
        co_await testing::advance(10s);
        CHECK(current_scope()->loop().now() - began == 10s);
        CHECK(log == std::vector<std::string>{"a", "b", "c"});
    };
    co_await with_task_group("group", body);
    CHECK(log.back() == "late");
}

ASYNC_TEST_CASE("advance returns after what follows at once from what was due") {
    std::vector<std::string> log;
    Event event;
    const auto chain = [&]() -> Task<> {
        co_await event.wait();
        for (int i = 0; i < 20; ++i) co_await sleep_for(0s);
        log.emplace_back("chain");
    };
    const auto trigger = [&]() -> Task<> {
        co_await sleep_for(5s);
        event.set();
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("chain", chain());
        group.spawn("trigger", trigger());
        co_await testing::advance(5s);
        CHECK(log == std::vector<std::string>{"chain"});
    };
    co_await with_task_group("group", body);
}
