#include <troika/async/guard.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

// Each step takes a second, and fails or takes longer where a test wants it.
struct Transaction {
    Log log{};
    std::string fails{};                  // the step that does
    std::chrono::seconds commit_time{1};  // how long it takes

    Task<> enter() { return step("enter", 1s); }
    Task<> commit() { return step("commit", commit_time); }
    Task<> rollback() { return step("rollback", 1s); }

  private:
    Task<> step(std::string name, std::chrono::seconds duration) {
        log.push_back(name + " begins");
        co_await sleep_for(duration);
        if (fails == name) throw std::runtime_error(name + " failed");
        log.push_back(name + "ed");
    }
};

Task<int> work(Transaction& transaction) {
    transaction.log.emplace_back("work");
    co_await sleep_for(10s);
    transaction.log.emplace_back("worked");
    co_return 7;
}
Task<int> bad_work(Transaction&) {
    co_await sleep_for(1s);
    throw std::invalid_argument("bad work");
}

// What `use` gave or threw: "7", an exception's text, "cancelled".
template <typename T>
Task<std::string> outcome(Task<T> task) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            co_return "done";
        } else {
            const T value = co_await std::move(task);
            co_return std::to_string(value);
        }
    } catch (const std::exception& error) {
        co_return error.what();
    } catch (const Cancelled& cancelled) {
        co_return "cancelled: " + std::string(to_string(cancelled.reason));
    }
}

// Runs it in a task that loses its client after `when`.
template <typename T>
Task<std::string> without_client(std::chrono::nanoseconds when, Task<T> task) {
    std::string how;
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto request = group.start("request", outcome(std::move(task)));
        co_await sleep_for(when);
        request.cancel(CancelReason::client_gone);
        std::string came = co_await request.join();
        how = std::move(came);
    };
    co_await with_task_group("requests", body);
    co_return how;
}

const Log kCommitted{"enter begins", "entered", "work", "worked", "commit begins", "commited"};

}  // namespace

ASYNC_TEST_CASE("a body that returns is committed, and its result comes back") {
    Transaction transaction;
    const int result = co_await use(transaction, work);
    CHECK(result == 7);
    CHECK(transaction.log == kCommitted);
}

ASYNC_TEST_CASE("a body without a result, or with one that cannot be copied") {
    Transaction transaction;
    const auto nothing = [](Transaction&) -> Task<> { co_return; };
    co_await use(transaction, nothing);
    CHECK(transaction.log.back() == "commited");
    const auto owned = [](Transaction&) -> Task<std::unique_ptr<int>> {
        co_return std::make_unique<int>(3);
    };
    const std::unique_ptr<int> result = co_await use(transaction, owned);
    CHECK(*result == 3);
}

ASYNC_TEST_CASE("a body that throws is rolled back, and its exception comes out as it was") {
    Transaction transaction;
    std::string how;
    try {
        co_await use(transaction, bad_work);
    } catch (const std::invalid_argument& error) {
        how = error.what();
    }
    CHECK(how == "bad work");
    CHECK(transaction.log == Log{"enter begins", "entered", "rollback begins", "rollbacked"});
}

ASYNC_TEST_CASE("a client that goes away in the middle: rolled back, by steps that may wait") {
    Transaction transaction;
    const std::string how = co_await without_client(5s, use(transaction, work));
    CHECK(how == "cancelled: client_gone");
    CHECK(transaction.log ==
          Log{"enter begins", "entered", "work", "rollback begins", "rollbacked"});
}

ASYNC_TEST_CASE("a deadline that passes in the middle: rolled back, then TimeoutError") {
    Transaction transaction;
    const std::string how = co_await outcome(with_timeout(5s, use(transaction, work)));
    CHECK(how.find("not finished within 5000 ms") != std::string::npos);
    CHECK(transaction.log.back() == "rollbacked");
}

ASYNC_TEST_CASE("an enter() that was cut half-way is rolled back too") {
    Transaction transaction;
    const std::string how = co_await without_client(500ms, use(transaction, work));
    CHECK(how == "cancelled: client_gone");
    CHECK(transaction.log == Log{"enter begins", "rollback begins", "rollbacked"});
    Transaction failing{.fails = "enter"};
    const std::string failed = co_await outcome(use(failing, work));
    CHECK(failed == "enter failed");
    CHECK(failing.log.back() == "rollbacked");
}

ASYNC_TEST_CASE("a cancel that comes when the body has just returned means rollback") {
    Transaction transaction;
    const auto swallow = [](Transaction&) -> Task<int> {
        try {
            co_await sleep_for(1h);
        } catch (const Cancelled&) {  // wrong, but it happens
        }
        co_return 1;
    };
    const std::string how = co_await without_client(5s, use(transaction, swallow));
    CHECK(how == "cancelled: client_gone");
    CHECK(transaction.log.back() == "rollbacked");
}

ASYNC_TEST_CASE("a cancel that comes during the commit is too late: the result is delivered") {
    Transaction transaction;
    // Entered after 1 s, worked after 11 s, committed after 12 s.
    const std::string how = co_await without_client(11500ms, use(transaction, work));
    CHECK(how == "7");
    CHECK(transaction.log == kCommitted);
}

ASYNC_TEST_CASE("a commit that fails, or takes too long, is rolled back") {
    Transaction failing{.fails = "commit"};
    const std::string failed = co_await outcome(use(failing, work));
    CHECK(failed == "commit failed");
    CHECK(failing.log.back() == "rollbacked");

    Transaction slow{.commit_time = 1h};
    const GuardOptions three_seconds{.limit = 3s};
    const std::string late = co_await outcome(use(slow, work, three_seconds));
    CHECK(late.find("not finished within 3000 ms") != std::string::npos);
    CHECK(slow.log.back() == "rollbacked");
}

ASYNC_TEST_CASE("no failure of a rollback is lost") {
    Transaction both{.fails = "rollback"};
    std::vector<std::string> texts;
    try {
        co_await use(both, bad_work);
    } catch (const GroupError& error) {
        for (const auto& one : error.errors()) texts.push_back(describe(one));
    }
    CHECK(texts == std::vector<std::string>{"bad work", "rollback failed"});
    Transaction cancelled{.fails = "rollback"};
    const std::string how = co_await without_client(5s, use(cancelled, work));
    CHECK(how == "rollback failed");
}

ASYNC_TEST_CASE("cleanup runs however the body ended, and may wait in a cancelled scope") {
    Log log;
    const auto clean = [&]() -> Task<> {
        co_await sleep_for(1s);
        log.emplace_back("cleaned");
    };
    Transaction transaction;
    const int result = co_await with_cleanup(work(transaction), clean);
    CHECK(result == 7);
    const std::string failed = co_await outcome(with_cleanup(bad_work(transaction), clean));
    CHECK(failed == "bad work");
    const std::string gone = co_await without_client(5s, with_cleanup(work(transaction), clean));
    CHECK(gone == "cancelled: client_gone");
    CHECK(log == Log{"cleaned", "cleaned", "cleaned"});
}

ASYNC_TEST_CASE("a cleanup that fails or hangs is told of, beside the body's failure") {
    Transaction transaction;
    const auto fail = []() -> Task<> {
        co_await sleep_for(1s);
        throw std::runtime_error("cleanup failed");
    };
    const auto hang = []() -> Task<> { co_await sleep_for(1h); };
    const std::string alone = co_await outcome(with_cleanup(work(transaction), fail));
    CHECK(alone == "cleanup failed");
    std::size_t told = 0;
    try {
        co_await with_cleanup(bad_work(transaction), fail);
    } catch (const GroupError& error) {
        told = error.errors().size();
    }
    CHECK(told == 2);
    const GuardOptions two_seconds{.limit = 2s};
    const std::string late = co_await outcome(with_cleanup(work(transaction), hang, two_seconds));
    CHECK(late.find("not finished within 2000 ms") != std::string::npos);
}
