#include "abort.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/async/task_list.hpp>
#include <troika/observe/log.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<> sleep_a_second() { co_await sleep_for(1s); }

struct TaskGroupFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<std::string> log;

    Task<> note_after(std::chrono::milliseconds wait, std::string text) {
        co_await sleep_for(wait);
        log.push_back(std::move(text));
    }
    Task<> fail_after(std::chrono::milliseconds wait, std::string text) {
        co_await sleep_for(wait);
        throw std::runtime_error(text);
    }
    Task<> fail_in_cleanup(std::string text) {
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled&) {
            throw std::runtime_error(text);
        }
    }
    Task<> note_cancel(std::string text) {
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled& cancelled) {
            log.push_back(text + " " + std::string(to_string(cancelled.reason)));
            throw;
        }
    }
};

// The messages and texts logged as errors in its lifetime.
struct ErrorLog {
    ErrorLog() {
        log::set_sink([this](const log::Record& record) {
            if (record.level != log::Level::error) return;
            std::string line(record.message);
            for (const log::Field& field : record.fields) {
                const auto* const text = std::get_if<std::string_view>(&field.value.any());
                if (text == nullptr) continue;
                line += ' ';
                line += field.key;
                line += '=';
                line += *text;
            }
            lines.push_back(std::move(line));
        });
    }
    ~ErrorLog() { log::set_sink({}); }
    std::vector<std::string> lines;
};

}  // namespace

TEST_CASE_METHOD(TaskGroupFixture,
                 "join waits for every child, also for those spawned by children") {
    auto nested = [&](TaskGroup& group) -> Task<> {
        co_await sleep_for(1ms);
        group.spawn("late", note_after(5ms, "late"));
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        group.spawn("nested", nested(group));
        group.spawn("early", note_after(2ms, "early"));
        CHECK(group.size() == 2);
        co_await group.join();
        CHECK(group.size() == 0);
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"early", "late"});
}

TEST_CASE_METHOD(TaskGroupFixture,
                 "a failure cancels the siblings, joins them and carries every error") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        group.spawn("a", fail_after(50ms, "first"));
        group.spawn("b", fail_in_cleanup("second"));
        group.spawn("c", note_cancel("c"));
        const auto began = loop.now();
        std::vector<std::string> texts;
        try {
            co_await group.join();
        } catch (const GroupError& error) {
            for (const auto& one : error.errors()) texts.push_back(describe(one));
            CHECK(std::string(error.what()) == "2 tasks failed: first; second");
        }
        CHECK(texts == std::vector<std::string>{"first", "second"});
        CHECK(loop.now() - began < 100ms);
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"c sibling_failed"});
}

TEST_CASE_METHOD(TaskGroupFixture, "a group may keep going after a failure") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group", {.on_failure = TaskGroupOptions::OnFailure::keep_going});
        group.spawn("a", fail_after(1ms, "first"));
        group.spawn("b", note_after(9ms, "b"));
        co_await group.join();
    };
    CHECK_THROWS_AS(loop.run(body()), GroupError);
    CHECK(log == std::vector<std::string>{"b"});
}

TEST_CASE_METHOD(TaskGroupFixture,
                 "a cancel of the joining scope reaches the children and is thrown after them") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        group.spawn("a", note_cancel("a"));
        co_await group.join();
    };
    auto outer = [&]() -> Task<> {
        TaskGroup group("outer");
        const auto id = group.spawn("body", body());
        co_await sleep_for(3ms);
        group.cancel(id, CancelReason::client_gone);
        co_await group.join();
        log.push_back("joined");
    };
    loop.run(outer());
    CHECK(log == std::vector<std::string>{"a client_gone", "joined"});
}

TEST_CASE_METHOD(TaskGroupFixture, "one child is cancelled by its id, the others go on") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        const auto a = group.spawn("a", note_cancel("a"));
        group.spawn("b", note_after(5ms, "b"));
        co_await sleep_for(1ms);
        group.cancel(a, CancelReason::asked);
        group.cancel(a, CancelReason::asked);
        co_await group.join();
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"a asked", "b"});
}

TEST_CASE_METHOD(TaskGroupFixture, "with_task_group joins also when its body throws") {
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("a", note_cancel("a"));
        co_await sleep_for(1ms);
        throw std::runtime_error("body");
    };
    CHECK_THROWS_WITH(loop.run(with_task_group("group", body)), "1 task failed: body");
    CHECK(log == std::vector<std::string>{"a sibling_failed"});
}

TEST_CASE_METHOD(TaskGroupFixture, "cancelling one's own group ends the block quietly") {
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("a", note_cancel("a"));
        co_await sleep_for(1ms);
        group.cancel(CancelReason::asked);
        co_await sleep_for(1h);
        log.push_back("never");
    };
    loop.run(with_task_group("group", body));
    CHECK(log == std::vector<std::string>{"a asked"});
}

TEST_CASE_METHOD(TaskGroupFixture, "what a child owned is gone before join returns") {
    auto guard = std::make_shared<int>(1);
    auto hold = [](std::shared_ptr<int> held) -> Task<> {
        co_await sleep_for(1ms);
        CHECK(held.use_count() > 1);
    };
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        group.spawn("hold", hold(guard));
        co_await group.join();
        CHECK(guard.use_count() == 1);
    };
    loop.run(body());
}

TEST_CASE_METHOD(TaskGroupFixture,
                 "cancelling a group destroys what its tasks own, however deep they wait") {
    auto guard = std::make_shared<int>(1);
    auto wait = [](std::shared_ptr<int> held) -> Task<> {
        co_await sleep_for(1h);
        CHECK(held == nullptr);  // not reached
    };
    auto deep = [&](std::shared_ptr<int> held) -> Task<> { co_await wait(held); };
    auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("deep", deep(guard));
        co_await sleep_for(1s);
        CHECK(guard.use_count() == 7);
        group.cancel(CancelReason::asked);
    };
    loop.run(with_task_group("group", body));
    CHECK(guard.use_count() == 1);
    CHECK(live_tasks(loop).empty());
}

TEST_CASE_METHOD(TaskGroupFixture, "spawning does not run the child before the spawner waits") {
    auto body = [&]() -> Task<> {
        TaskGroup group("group");
        group.spawn("a", note_after(0ms, "a"));
        log.push_back("spawner");
        co_await group.join();
    };
    loop.run(body());
    CHECK(log == std::vector<std::string>{"spawner", "a"});
}

TEST_CASE_METHOD(TaskGroupFixture,
                 "failures of a group that was left without join are logged, not dropped") {
    const ErrorLog errors;
    auto leave = [&]() -> Task<> {
        TaskGroup group("forgotten", {.on_failure = TaskGroupOptions::OnFailure::keep_going});
        group.spawn("a", fail_after(1ms, "first"));
        const auto unseen = group.start("b", fail_after(2ms, "second"));
        co_await sleep_for(5ms);
        CHECK(group.size() == 0);
    };
    loop.run(leave());
    CHECK(errors.lines == std::vector<std::string>{
                              "a task group was left without join(): nobody is told of its "
                              "failures group=forgotten failures=2 tasks failed: first; second"});
}

TEST_CASE_METHOD(TaskGroupFixture,
                 "a group left without join is quiet where there is nothing to tell") {
    const ErrorLog errors;
    auto leave = [&]() -> Task<> {
        TaskGroup group("forgotten");
        group.spawn("a", note_after(1ms, "a"));
        const auto seen = group.start("b", fail_after(2ms, "second"));
        const auto cancelled = group.start("c", note_cancel("c"));
        co_await sleep_for(5ms);
        CHECK(seen.settled().error);
        cancelled.cancel(CancelReason::asked);
        co_await sleep_for(5ms);
    };
    loop.run(leave());
    auto join = [&]() -> Task<> {
        TaskGroup group("joined");
        group.spawn("a", fail_after(1ms, "first"));
        co_await group.join();
    };
    CHECK_THROWS_AS(loop.run(join()), GroupError);
    CHECK(errors.lines.empty());
}

TEST_CASE(
    "a group that is left while a child lives ends the process: no child outlives its group") {
    const std::string text = troika::testing::text_of_abort([] {
        EventLoop loop;
        TaskGroup(loop.root(), "left").spawn("child", sleep_a_second());
    });
    CHECK(text.find("a task group was left without join()") != std::string::npos);
    CHECK(text.find("no abort") == std::string::npos);
}
