#include <troika/async/as_completed.hpp>
#include <troika/async/sleep.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<std::string> text_after(std::chrono::milliseconds after, std::string value) {
    co_await sleep_for(after);
    co_return value;
}
Task<std::string> fail_after(std::chrono::milliseconds after) {
    co_await sleep_for(after);
    throw std::runtime_error("broken");
}
Task<std::string> note_cancel(std::vector<std::string>& log, std::string name) {
    try {
        co_await sleep_for(1h);
    } catch (const Cancelled& cancelled) {
        log.push_back(name + " " + std::string(to_string(cancelled.reason)));
        throw;
    }
    co_return name;
}

}  // namespace

ASYNC_TEST_CASE("results arrive shortest first, each with its place, failures among them") {
    std::vector<std::string> got;
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<Task<std::string>> tasks;
        tasks.push_back(text_after(30ms, "slow"));
        tasks.push_back(fail_after(20ms));
        tasks.push_back(text_after(10ms, "fast"));
        auto results = as_completed(group, std::move(tasks));
        while (auto result = co_await results.next()) {
            const std::string text =
                result->outcome ? *result->outcome.value : describe(result->outcome.error);
            got.push_back(std::to_string(result->index) + " " + text);
        }
    };
    co_await with_task_group("group", body);
    CHECK(got == std::vector<std::string>{"2 fast", "1 broken", "0 slow"});
}

ASYNC_TEST_CASE("results that come while the consumer is busy wait for it") {
    std::vector<std::size_t> got;
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<Task<std::string>> tasks;
        tasks.reserve(5);
        for (int i = 0; i < 5; ++i) tasks.push_back(text_after((5 - i) * 1ms, "x"));
        auto results = as_completed(group, std::move(tasks));
        while (auto result = co_await results.next()) {
            got.push_back(result->index);
            co_await sleep_for(100ms);
        }
    };
    co_await with_task_group("group", body);
    CHECK(got == std::vector<std::size_t>{4, 3, 2, 1, 0});
}

ASYNC_TEST_CASE("who has seen enough leaves, and the rest is cancelled and joined") {
    std::vector<std::string> log;
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<Task<std::string>> tasks;
        tasks.push_back(note_cancel(log, "a"));
        tasks.push_back(text_after(10ms, "enough"));
        tasks.push_back(note_cancel(log, "b"));
        auto results = as_completed(group, std::move(tasks));
        const auto first = co_await results.next();
        CHECK(first->index == 1);
    };
    co_await with_task_group("group", body);
    CHECK(log == std::vector<std::string>{"a asked", "b asked"});
}

ASYNC_TEST_CASE("tasks begin with the first next(); none give nothing") {
    std::vector<std::string> log;
    const auto body = [&](TaskGroup& group) -> Task<> {
        std::vector<Task<std::string>> tasks;
        tasks.push_back(note_cancel(log, "never"));
        {
            const auto unused = as_completed(group, std::move(tasks));
        }
        CHECK(group.size() == 0);
        auto none = as_completed(group, std::vector<Task<std::string>>());
        const auto nothing = co_await none.next();
        CHECK_FALSE(nothing);
    };
    co_await with_task_group("group", body);
    CHECK(log.empty());
}
