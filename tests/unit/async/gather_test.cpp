#include <troika/async/gather.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct GatherFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<std::string> log;

    Task<int> give(std::chrono::milliseconds after, int value) {
        co_await sleep_for(after);
        co_return value;
    }
    Task<std::string> text(std::chrono::milliseconds after, std::string value) {
        co_await sleep_for(after);
        co_return value;
    }
    Task<> note(std::chrono::milliseconds after, std::string value) {
        co_await sleep_for(after);
        log.push_back(std::move(value));
    }
    Task<int> fail(std::chrono::milliseconds after, std::string why) {
        co_await sleep_for(after);
        throw std::runtime_error(why);
    }
    Task<int> note_cancel(std::string name) {
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled& cancelled) {
            log.push_back(name + " " + std::string(to_string(cancelled.reason)));
            throw;
        }
        co_return 0;
    }
};

}  // namespace

TEST_CASE_METHOD(GatherFixture, "gather takes as long as the slowest and keeps the order") {
    auto body = [&]() -> Task<> {
        const auto began = loop.now();
        auto [first, second, third] = co_await gather(give(3s, 1), text(1s, "two"), give(2s, 3));
        CHECK(first == 1);
        CHECK(second == "two");
        CHECK(third == 3);
        CHECK(loop.now() - began == 3s);
    };
    loop.run(body());
}

TEST_CASE_METHOD(GatherFixture, "gather takes a vector of tasks, an empty one too") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> tasks;
        tasks.reserve(100);
        for (int i = 0; i < 100; ++i) tasks.push_back(give((100 - i) * 1ms, i));
        const std::vector<int> values = co_await gather(std::move(tasks));
        REQUIRE(values.size() == 100);
        for (int i = 0; i < 100; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
        std::vector<Task<int>> none;
        const std::vector<int> nothing = co_await gather(std::move(none));
        CHECK(nothing.empty());
    };
    loop.run(body());
}

TEST_CASE_METHOD(GatherFixture,
                 "void tasks are gathered to nothing, or to a monostate among others") {
    auto body = [&]() -> Task<> {
        co_await gather(note(2ms, "b"), note(1ms, "a"));
        std::vector<Task<>> tasks;
        tasks.push_back(note(1ms, "c"));
        co_await gather(std::move(tasks));
        const std::tuple<std::monostate, int> mixed = co_await gather(note(1ms, "d"), give(1ms, 7));
        CHECK(std::get<1>(mixed) == 7);
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE_METHOD(GatherFixture, "references and what can only be moved come through gather") {
    int target = 1;
    auto refer = [&]() -> Task<int&> { co_return target; };
    auto own = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
    auto body = [&]() -> Task<> {
        auto [reference, owned] = co_await gather(refer(), own());
        reference.get() = 2;
        CHECK(*owned == 5);
    };
    loop.run(body());
    CHECK(target == 2);
}

TEST_CASE_METHOD(GatherFixture,
                 "the first failure cancels the others, joins them and is thrown as it was") {
    auto body = [&]() -> Task<> {
        co_await gather(note_cancel("a"), fail(50ms, "broken"), note_cancel("c"));
    };
    const auto began = loop.now();
    CHECK_THROWS_WITH(loop.run(body()), "broken");
    CHECK(loop.now() - began == 50ms);
    CHECK(log == std::vector<std::string>{"c sibling_failed", "a sibling_failed"});
}

TEST_CASE_METHOD(GatherFixture,
                 "the failure of a vector is the one that came first, not the first in order") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> tasks;
        tasks.push_back(fail(9ms, "late"));
        tasks.push_back(fail(5ms, "early"));
        co_await gather(std::move(tasks));
    };
    CHECK_THROWS_WITH(loop.run(body()), "early");
}

TEST_CASE_METHOD(GatherFixture, "gather_settled lets everybody end: two values, one error") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> tasks;
        tasks.push_back(give(3ms, 1));
        tasks.push_back(fail(1ms, "broken"));
        tasks.push_back(give(9ms, 3));
        auto settled = co_await gather_settled(std::move(tasks));
        REQUIRE(settled.size() == 3);
        CHECK(settled[0].take() == 1);
        CHECK_FALSE(settled[1]);
        CHECK(describe(settled[1].error) == "broken");
        CHECK(settled[2].take() == 3);
        auto [number, nothing] = co_await gather_settled(fail(1ms, "again"), note(2ms, "done"));
        CHECK_THROWS_WITH(number.take(), "again");
        CHECK(nothing);
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"done"});
}

TEST_CASE_METHOD(GatherFixture,
                 "a cancel from outside reaches every gathered task and is thrown after them") {
    auto gathering = [&]() -> Task<> {
        try {
            co_await gather_settled(note_cancel("a"), note_cancel("b"));
        } catch (const Cancelled& cancelled) {
            log.push_back("gather " + std::string(to_string(cancelled.reason)));
        }
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("gathering", gathering());
        co_await sleep_for(1ms);
        group.cancel(CancelReason::client_gone);
    };
    loop.run(with_task_group("group", body));
    CHECK(log == std::vector<std::string>{"b client_gone", "a client_gone", "gather client_gone"});
}

TEST_CASE_METHOD(GatherFixture,
                 "gathering in a cancelled scope runs each task to its first wait only") {
    auto gathering = [&]() -> Task<> {
        current_scope()->cancel(CancelReason::asked);
        co_await gather(note(1s, "never"), note(0ms, "neither"));
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("gathering", gathering());
        co_return;
    };
    const auto began = loop.now();
    loop.run(with_task_group("group", body));
    CHECK(log.empty());
    CHECK(loop.now() == began);
}

TEST_CASE_METHOD(GatherFixture, "an exception that is no std::exception is gathered as it is") {
    auto odd = []() -> Task<> {
        throw 42;
        co_return;
    };
    auto body = [&]() -> Task<> {
        auto [settled] = co_await gather_settled(odd());
        CHECK(describe(settled.error) == "an exception that is no std::exception");
        co_await gather(odd());
    };
    CHECK_THROWS_AS(loop.run(body()), int);
}
