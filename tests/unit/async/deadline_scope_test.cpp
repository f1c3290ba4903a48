#include "tasks.hpp"

#include <troika/async/channel.hpp>
#include <troika/async/condition.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/event.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/token_bucket.hpp>
#include <troika/async/use_task.hpp>
#include <troika/base/scope_exit.hpp>
#include <troika/testing/async_test.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

// Deadlines for one task and for several awaits, absolute and relative, nested in every order, and
// that they reach whatever waits below. (Thread and process jobs: tests/integration/workers.)

using namespace troika;
using namespace std::chrono_literals;
using troika::testing::now;

namespace {

Task<int> slow(std::chrono::milliseconds duration, int value = 0) {
    co_await sleep_for(duration);
    co_return value;
}
Task<> nap(std::chrono::milliseconds duration) { co_await sleep_for(duration); }

// How an await ended: "value", "timeout" or "cancelled", and after how many seconds.
template <typename T>
Task<std::string> ending(Task<T> task) {
    const auto began = now();
    std::string how = "value";
    try {
        co_await std::move(task);
    } catch (const TimeoutError&) {
        how = "timeout";
    } catch (const Cancelled&) {
        how = "cancelled";
    }
    how += " " + std::to_string((now() - began) / 1s);
    co_return how;
}

Task<> nested_limit(std::chrono::seconds inner, std::vector<std::string>& seen) {
    const std::string how = co_await ending(with_timeout(inner, nap(1h)));
    seen.push_back("inner " + how);
    co_await nap(1s);
    seen.emplace_back("after the inner one");
}

}  // namespace

ASYNC_TEST_CASE("an absolute deadline ends what is late at that time, and nothing earlier") {
    const auto when = now() + 5s;
    co_await nap(2s);
    const std::string late = co_await ending(with_deadline(when, slow(1h)));
    CHECK(late == "timeout 3");
    const int in_time = co_await with_deadline(now() + 5s, slow(4s, 7));
    CHECK(in_time == 7);
}

ASYNC_TEST_CASE("a deadline that has passed lets the task run up to its first wait") {
    std::string log;
    const auto work = [&]() -> Task<> {
        log += "begun";
        co_await sleep_for(0s);
        log += ", not reached";
    };
    const auto past = now() - 1s;
    std::string what;
    try {
        co_await with_deadline(past, work());
    } catch (const TimeoutError& error) {
        what = error.what();
    }
    CHECK(log == "begun");
    CHECK(what == "main: its deadline had passed before it began");
    const auto ready = []() -> Task<int> { co_return 3; };
    const int value = co_await with_deadline(past, ready());
    CHECK(value == 3);
}

ASYNC_TEST_CASE("several awaits share one deadline") {
    DeadlineScope limit(5s);
    const int first = co_await limit.run(slow(2s, 1));
    const int second = co_await limit.run(slow(2s, 2));
    CHECK(first + second == 3);
    CHECK_FALSE(limit.expired());
    const std::string third = co_await ending(limit.run(slow(2s, 3)));
    CHECK(third == "timeout 1");
    CHECK(limit.expired());
    const std::string fourth = co_await ending(limit.run(slow(2s, 4)));
    CHECK(fourth == "timeout 0");  // it stays expired
    CHECK_FALSE(current_scope()->cancelled());
    co_await nap(1s);
}

ASYNC_TEST_CASE("moving on gives nothing for what was late, and no exception") {
    const auto began = now();
    const std::optional<int> late = co_await move_on_after(2s, slow(1h, 1));
    CHECK_FALSE(late);
    CHECK(now() - began == 2s);
    const std::optional<int> in_time = co_await move_on_at(now() + 2s, slow(1s, 1));
    CHECK(in_time == 1);
    const bool rested = co_await move_on_after(2s, nap(1s));
    CHECK(rested);
    const bool rested_long = co_await move_on_at(now() + 2s, nap(3s));
    CHECK_FALSE(rested_long);
}

ASYNC_TEST_CASE("moving on hides no failure, not even a timeout of something else") {
    const auto fail = []() -> Task<> {
        co_await sleep_for(1s);
        throw TimeoutError("connect");
    };
    const std::string how = co_await ending(move_on_after(2s, fail()));
    CHECK(how == "timeout 1");
}

ASYNC_TEST_CASE("nested: the inner deadline is earlier, the outer scope goes on") {
    std::vector<std::string> seen;
    const std::string outer = co_await ending(with_timeout(10s, nested_limit(2s, seen)));
    CHECK(outer == "value 3");
    CHECK(seen == std::vector<std::string>{"inner timeout 2", "after the inner one"});
}

ASYNC_TEST_CASE("nested: the outer deadline is earlier and is not taken for the inner one's") {
    std::vector<std::string> seen;
    const std::string outer = co_await ending(with_timeout(2s, nested_limit(10s, seen)));
    CHECK(outer == "timeout 2");
    CHECK(seen == std::vector<std::string>{"inner cancelled 2"});
}

ASYNC_TEST_CASE("nested: of two equal deadlines the outer one tells") {
    std::vector<std::string> seen;
    const std::string outer = co_await ending(with_timeout(2s, nested_limit(2s, seen)));
    CHECK(outer == "timeout 2");
    CHECK(seen == std::vector<std::string>{"inner cancelled 2"});
}

ASYNC_TEST_CASE("nested: an inner move_on_after lets an outer expiry through") {
    bool moved_on = false;
    const auto patient = [&]() -> Task<> {
        co_await move_on_after(10s, nap(1h));
        moved_on = true;
    };
    const bool in_time = co_await move_on_after(2s, patient());
    CHECK_FALSE(in_time);
    CHECK_FALSE(moved_on);
}

ASYNC_TEST_CASE("nested three deep, absolute in relative in absolute: each level knows its own") {
    std::vector<std::string> seen;
    const auto middle = [&]() -> Task<> {
        const std::string how = co_await ending(with_deadline(now() + 1s, nap(1h)));
        seen.push_back("inner " + how);
        co_await nap(1h);
    };
    const auto outer = [&]() -> Task<> {
        const std::string how = co_await ending(with_timeout(3s, middle()));
        seen.push_back("middle " + how);
        co_await nap(1h);
    };
    const std::string how = co_await ending(with_deadline(now() + 6s, outer()));
    seen.push_back("outer " + how);
    CHECK(seen ==
          std::vector<std::string>{"inner timeout 1", "middle timeout 3", "outer timeout 6"});
}

ASYNC_TEST_CASE("the current deadline is the earliest one, and a shield has its own") {
    CHECK(current_deadline() == Clock::TimePoint::max());
    const auto began = now();
    const auto expect = [&](std::chrono::seconds after) -> Task<> {
        CHECK(current_deadline() == began + after);
        co_return;
    };
    const auto inside = [&]() -> Task<> {
        co_await with_timeout(9s, expect(5s));
        co_await with_timeout(2s, expect(2s));
        co_await shield(20s, expect(20s));
        co_await gather(expect(5s), expect(5s));
        DeadlineScope limit(began + 3s);
        CHECK(limit.deadline() == began + 3s);
        co_await limit.run(expect(3s));
    };
    co_await with_timeout(5s, inside());
}

ASYNC_TEST_CASE("a deadline around a task group cancels and joins every child first") {
    int ended = 0;
    const auto child = [&]() -> Task<> {
        const ScopeExit count([&] { ++ended; });
        co_await sleep_for(1h);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("child", child());
        co_return;
    };
    const std::string how = co_await ending(with_timeout(5s, with_task_group("group", body)));
    CHECK(how == "timeout 5");
    CHECK(ended == 3);
}

ASYNC_TEST_CASE("a deadline reaches an Asio operation") {
    namespace asio = boost::asio;
    auto& io = current_scope()->loop().io();
    asio::local::stream_protocol::socket left(io), right(io);
    asio::local::connect_pair(left, right);
    const auto read = [&]() -> Task<> {
        char byte = 0;
        const auto buffer = asio::buffer(&byte, 1);
        co_await left.async_read_some(buffer, use_task);
    };
    const std::string how = co_await ending(with_deadline(now() + 5s, read()));
    CHECK(how == "timeout 5");
    CHECK(left.is_open());
}

ASYNC_TEST_CASE("a deadline reaches every primitive, and none loses anything by it") {
    Semaphore semaphore(0);
    Mutex mutex;
    Event event;
    Condition condition;
    Channel<int> empty(1);
    Channel<int> full(1);
    TokenBucket bucket(0.001, 1);
    const auto held = co_await mutex.lock();
    co_await full.send(1);
    co_await bucket.take();
    Mutex guard;

    const auto acquire = [&]() -> Task<> { const auto permit = co_await semaphore.acquire(); };
    const auto lock = [&]() -> Task<> { const auto second = co_await mutex.lock(); };
    const auto wait = [&]() -> Task<> { co_await event.wait(); };
    const auto be_notified = [&]() -> Task<> {
        auto locked = co_await guard.lock();
        co_await condition.wait(locked);
    };
    const auto receive = [&]() -> Task<> { co_await empty.receive(); };
    const auto send = [&]() -> Task<> { co_await full.send(2); };
    const auto join = [&]() -> Task<> { co_await full.join(); };
    const auto take = [&]() -> Task<> { co_await bucket.take(); };
    std::vector<Task<std::string>> endings;
    endings.push_back(ending(with_timeout(1s, acquire())));
    endings.push_back(ending(with_timeout(2s, lock())));
    endings.push_back(ending(with_timeout(3s, wait())));
    endings.push_back(ending(with_timeout(4s, be_notified())));
    endings.push_back(ending(with_timeout(5s, receive())));
    endings.push_back(ending(with_timeout(6s, send())));
    endings.push_back(ending(with_timeout(7s, join())));
    endings.push_back(ending(with_timeout(8s, take())));
    const std::vector<std::string> how = co_await gather(std::move(endings));
    CHECK(how == std::vector<std::string>{"timeout 1", "timeout 2", "timeout 3", "timeout 4",
                                          "timeout 5", "timeout 6", "timeout 7", "timeout 8"});
    CHECK(semaphore.stats().waiting + mutex.stats().waiting + event.stats().waiting == 0);
    CHECK(condition.stats().waiting + empty.stats().receiving + full.stats().sending == 0);
    CHECK(bucket.stats(now()).waiting == 0);
    CHECK_FALSE(guard.locked());
    CHECK(full.size() == 1);
}
