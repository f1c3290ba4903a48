#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct TaskHandleFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<std::string> log;

    Task<int> give(std::chrono::milliseconds after, int value) {
        co_await sleep_for(after);
        co_return value;
    }
    Task<> note(std::chrono::milliseconds after, std::string text) {
        try {
            co_await sleep_for(after);
        } catch (const Cancelled& cancelled) {
            log.push_back(text + " " + std::string(to_string(cancelled.reason)));
            throw;
        }
        log.push_back(text);
    }
    Task<int> fail(std::chrono::milliseconds after, std::string why) {
        co_await sleep_for(after);
        throw std::runtime_error(why);
    }
    // 10, 20 and 30 ms, the second of which fails.
    std::vector<TaskHandle<int>> start_three(TaskGroup& group) {
        std::vector<TaskHandle<int>> tasks;
        tasks.push_back(group.start("slow", give(30ms, 3)));
        tasks.push_back(group.start("failing", fail(20ms, "broken")));
        tasks.push_back(group.start("fast", give(10ms, 1)));
        return tasks;
    }
};

std::vector<std::string> names(const std::vector<TaskHandle<int>>& tasks) {
    std::vector<std::string> texts;
    texts.reserve(tasks.size());
    for (const auto& task : tasks) texts.emplace_back(task.name());
    return texts;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(TaskHandleFixture,
                 "a started task runs beside its caller and is joined for its result") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto number = group.start("number", give(5ms, 7));
        auto nothing = group.start("nothing", note(2ms, "noted"));
        CHECK(number.name() == "number");
        CHECK_FALSE(number.done());
        const int value = co_await number.join();
        CHECK(value == 7);
        CHECK(nothing.done());
        nothing.get();
    };
    loop.run(with_task_group("group", body));
    CHECK(log == Names{"noted"});
}

TEST_CASE_METHOD(TaskHandleFixture, "a failure goes to whoever asks the handle, not to the group") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto task = group.start("failing", fail(1ms, "broken"));
        group.spawn("other", note(5ms, "other"));
        std::string text;
        try {
            co_await task.join();
        } catch (const std::runtime_error& error) {
            text = error.what();
        }
        CHECK(text == "broken");
    };
    loop.run(with_task_group("group", body));
    CHECK(log == Names{"other"});
}

TEST_CASE_METHOD(TaskHandleFixture, "a failure nobody looked at is thrown by the group's join") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto kept = group.start("kept", fail(1ms, "kept"));
        static_cast<void>(group.start("dropped", fail(2ms, "dropped")));
        co_await sleep_for(5ms);
        CHECK(kept.failed());
    };
    CHECK_THROWS_WITH(loop.run(with_task_group("group", body)), "2 tasks failed: kept; dropped");
}

TEST_CASE_METHOD(TaskHandleFixture,
                 "cancel ends one task with the reason; who asks for its result is told") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto task = group.start("watch", note(1h, "watch"));
        group.spawn("other", note(5ms, "other"));
        co_await sleep_for(1ms);
        task.cancel(CancelReason::client_gone);
        std::string text;
        try {
            co_await task.join();
        } catch (const TaskCancelled& error) {
            CHECK(error.reason() == CancelReason::client_gone);
            text = error.what();
        }
        CHECK(text == "task 'watch' was cancelled: client_gone");
        CHECK_FALSE(task.failed());
        task.cancel(CancelReason::asked);
    };
    loop.run(with_task_group("group", body));
    CHECK(log == Names{"watch client_gone", "other"});
}

TEST_CASE_METHOD(TaskHandleFixture, "a cancelled task nobody looks at is no failure of the group") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto task = group.start("watch", note(1h, "watch"));
        task.cancel(CancelReason::asked);
        co_return;
    };
    loop.run(with_task_group("group", body));
    CHECK(log == Names{"watch asked"});
}

TEST_CASE_METHOD(TaskHandleFixture, "who waits for a task may be cancelled without it") {
    auto body = [&](TaskGroup& group) -> Task<> {
        auto task = group.start("number", give(20ms, 7));
        auto waiting = group.start("waiting", task.join());
        co_await sleep_for(1ms);
        waiting.cancel(CancelReason::asked);
        const int value = co_await task.join();
        CHECK(value == 7);
    };
    loop.run(with_task_group("group", body));
}

TEST_CASE_METHOD(TaskHandleFixture,
                 "wait until the first has completed leaves the others pending") {
    auto body = [&](TaskGroup& group) -> Task<> {
        const auto began = loop.now();
        auto waited = co_await wait(start_three(group), Until::first_completed);
        CHECK(loop.now() - began == 10ms);
        CHECK(names(waited.done) == Names{"fast"});
        CHECK(names(waited.pending) == Names{"slow", "failing"});
        CHECK(waited.done[0].get() == 1);
        waited.pending[1].cancel(CancelReason::asked);
        const int value = co_await waited.pending[0].join();
        CHECK(value == 3);
    };
    loop.run(with_task_group("group", body));
}

TEST_CASE_METHOD(TaskHandleFixture, "wait until the first exception ignores successes") {
    auto body = [&](TaskGroup& group) -> Task<> {
        const auto began = loop.now();
        auto waited = co_await wait(start_three(group), Until::first_exception);
        CHECK(loop.now() - began == 20ms);
        CHECK(names(waited.done) == Names{"failing", "fast"});
        CHECK(names(waited.pending) == Names{"slow"});
        CHECK(describe(waited.done[0].settled().error) == "broken");
    };
    loop.run(with_task_group("group", body));
}

TEST_CASE_METHOD(TaskHandleFixture, "wait for all, with a timeout that only looks") {
    auto body = [&](TaskGroup& group) -> Task<> {
        const auto began = loop.now();
        auto early = co_await wait(start_three(group), Until::all_completed, 15ms);
        CHECK(loop.now() - began == 15ms);
        CHECK(names(early.done) == Names{"fast"});
        auto late = co_await wait(early.pending);
        CHECK(loop.now() - began == 30ms);
        CHECK(late.pending.empty());
        CHECK(late.done[0].get() == 3);
        CHECK_FALSE(late.done[1].settled());
    };
    loop.run(with_task_group("group", body));
}

TEST_CASE_METHOD(TaskHandleFixture,
                 "wait returns at once for no tasks, for ended ones and for no time") {
    auto body = [&](TaskGroup& group) -> Task<> {
        const auto began = loop.now();
        std::vector<TaskHandle<int>> none;
        const auto nothing = co_await wait(none);
        CHECK(nothing.done.empty());
        std::vector<TaskHandle<int>> one;
        one.push_back(group.start("number", give(10ms, 1)));
        const auto looked = co_await wait(one, Until::all_completed, 0s);
        CHECK(looked.pending.size() == 1);
        CHECK(loop.now() == began);
        co_await sleep_for(20ms);
        const auto ended = co_await wait(one, Until::first_exception, 1h);
        CHECK(ended.done.size() == 1);
        CHECK(loop.now() - began == 20ms);
    };
    loop.run(with_task_group("group", body));
}

TEST_CASE_METHOD(TaskHandleFixture, "a wait that is cancelled leaves its tasks alone") {
    auto waiting = [&](std::vector<TaskHandle<int>> tasks) -> Task<> {
        co_await wait(std::move(tasks));
        log.push_back("not reached");
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<TaskHandle<int>> tasks;
        tasks.push_back(group.start("number", give(10ms, 1)));
        auto waiter = group.start("waiter", waiting(tasks));
        co_await sleep_for(1ms);
        waiter.cancel(CancelReason::asked);
        const int value = co_await tasks[0].join();
        CHECK(value == 1);
    };
    loop.run(with_task_group("group", body));
    CHECK(log.empty());
}
