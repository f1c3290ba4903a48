#include <troika/async/deadline.hpp>
#include <troika/async/flow.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

class Noted final {
  public:
    Noted(Log& log, std::string text) : log_(log), text_(std::move(text)) {}
    Noted(const Noted&) = delete;
    Noted& operator=(const Noted&) = delete;
    ~Noted() { log_.push_back(text_); }

  private:
    Log& log_;
    std::string text_;
};

// 0, 1, 2, ... each after `pause`; notes what it makes and that it was released.
Flow<int> count(Log& log, std::chrono::milliseconds pause, int end = 1 << 30) {
    const Noted released(log, "released");
    for (int i = 0; i < end; ++i) {
        if (pause > 0ms) co_await sleep_for(pause);
        log.push_back("made " + std::to_string(i));
        co_yield i;
    }
}

Flow<int> plain(int end) {
    for (int i = 0; i < end; ++i) co_yield i;
}

}  // namespace

ASYNC_TEST_CASE("a flow gives its values in order, then nothing, again and again") {
    Log log;
    auto flow = count(log, 10ms, 3);
    std::vector<int> got;
    while (const std::optional<int> value = co_await flow.next()) got.push_back(*value);
    CHECK(got == std::vector<int>{0, 1, 2});
    CHECK(log.back() == "released");
    const std::optional<int> after = co_await flow.next();
    CHECK_FALSE(after);
    Flow<int> empty;
    const std::optional<int> none = co_await empty.next();
    CHECK_FALSE(none);
}

ASYNC_TEST_CASE("nothing is made that nobody asked for: a slow consumer slows the source") {
    Log log;
    auto flow = count(log, 0ms);
    CHECK(log.empty());
    const std::optional<int> first = co_await flow.next();
    CHECK(first == 0);
    co_await sleep_for(1h);
    CHECK(log == Log{"made 0"});
}

ASYNC_TEST_CASE("a flow that is left early releases what it holds at once") {
    Log log;
    {
        auto flow = count(log, 1ms);
        co_await flow.next();
        co_await flow.next();
    }
    CHECK(log == Log{"made 0", "made 1", "released"});
    {
        const auto never_started = count(log, 1ms);
    }
    CHECK(log.size() == 3);
}

ASYNC_TEST_CASE("map, filter and take build a pipeline that asks only for what it needs") {
    Log log;
    const auto odd = [](const int& value) { return value % 2 == 1; };
    const auto describe = [](int value) { return "number " + std::to_string(value); };
    auto flow = count(log, 1ms).filter(odd).map(describe).take(2);
    std::vector<std::string> got;
    while (auto value = co_await flow.next()) {
        got.push_back(*value);
        if (got.size() == 2) CHECK(log.back() == "released");  // with the last, not after it
    }
    CHECK(got == std::vector<std::string>{"number 1", "number 3"});
    CHECK(log == Log{"made 0", "made 1", "made 2", "made 3", "released"});
}

ASYNC_TEST_CASE("map takes a function that awaits") {
    const auto twice = [](int value) -> Task<int> {
        co_await sleep_for(10ms);
        co_return value * 2;
    };
    const std::vector<int> got = co_await plain(4).map(twice).collect();
    CHECK(got == std::vector<int>{0, 2, 4, 6});
    const std::vector<int> none = co_await plain(4).take(0).collect();
    CHECK(none.empty());
}

ASYNC_TEST_CASE("what a flow throws is thrown by next() once, after that it has ended") {
    auto failing = []() -> Flow<int> {
        co_yield 1;
        co_await sleep_for(1ms);
        throw std::runtime_error("broken");
    };
    auto flow = failing();
    co_await flow.next();
    std::string text;
    try {
        co_await flow.next();
    } catch (const std::runtime_error& error) {
        text = error.what();
    }
    CHECK(text == "broken");
    const std::optional<int> after = co_await flow.next();
    CHECK_FALSE(after);
}

ASYNC_TEST_CASE("a cancel of the consumer reaches the wait inside the flow and unwinds it") {
    Log log;
    const auto consume = [&]() -> Task<> {
        auto flow = count(log, 1h);
        co_await flow.next();
        log.emplace_back("not reached");
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("consumer", consume());
        co_await sleep_for(1s);
        group.cancel(CancelReason::client_gone);
    };
    co_await with_task_group("group", body);
    CHECK(log == Log{"released"});
}

ASYNC_TEST_CASE("each next() runs in the scope of who awaits it") {
    Log log;
    auto flow = count(log, 1s, 2);
    const auto ask = [&]() -> Task<int> {
        const auto value = co_await flow.next();
        co_return value.value_or(-1);
    };
    const int first = co_await with_timeout(2s, ask());
    CHECK(first == 0);
    bool late = false;
    try {
        co_await with_timeout(500ms, ask());
    } catch (const TimeoutError&) {
        late = true;
    }
    CHECK(late);
    CHECK(log == Log{"made 0", "released"});
    const int after = co_await ask();
    CHECK(after == -1);
}

ASYNC_TEST_CASE("what can only be moved goes through") {
    auto make = []() -> Flow<std::unique_ptr<int>> {
        for (int i = 0; i < 3; ++i) co_yield std::make_unique<int>(i);
    };
    const auto look = [](std::unique_ptr<int> value) { return *value; };
    const std::vector<int> got = co_await make().map(look).collect();
    CHECK(got == std::vector<int>{0, 1, 2});
}

ASYNC_TEST_CASE("a million values, ready or after a turn each, need no stack and no memory",
                "[slow]") {
    auto mixed = []() -> Flow<int> {
        for (int i = 0; i < 1'000'000; ++i) {
            if (i % 16 == 0) co_await sleep_for(0ms);
            co_yield i;
        }
    };
    const auto all = [](const int&) { return true; };
    auto flow = mixed().filter(all).map([](int value) { return value; });
    long sum = 0;
    while (const auto value = co_await flow.next()) sum += *value;
    CHECK(sum == 499'999'500'000);
}
