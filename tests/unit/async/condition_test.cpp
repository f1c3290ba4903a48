#include <troika/async/condition.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

ASYNC_TEST_CASE("consumers wait for a condition under the lock and take turns") {
    Mutex mutex;
    Condition changed;
    std::vector<int> queue;
    std::vector<int> taken;
    const auto consume = [&]() -> Task<> {
        auto lock = co_await mutex.lock();
        const auto has_work = [&] { return !queue.empty(); };
        co_await changed.wait_until(lock, has_work);
        CHECK(lock.owns());
        taken.push_back(queue.back());
        queue.pop_back();
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        for (int i = 0; i < 3; ++i) group.spawn("consumer", consume());
        co_await sleep_for(1ms);
        CHECK(changed.stats().waiting == 3);
        CHECK_FALSE(mutex.locked());
        for (int i = 0; i < 3; ++i) {
            auto lock = co_await mutex.lock();
            queue.push_back(i);
            changed.notify_one();
            co_await sleep_for(1ms);
            CHECK(queue.size() == 1);  // we still hold the lock
            lock.unlock();
            co_await sleep_for(1ms);
        }
    };
    co_await with_task_group("group", body);
    CHECK(taken == std::vector<int>{0, 1, 2});
}

ASYNC_TEST_CASE("notify_all wakes those who wait now, one after the other, in order") {
    Mutex mutex;
    Condition changed;
    std::vector<int> order;
    const auto wait = [&](int number) -> Task<> {
        auto lock = co_await mutex.lock();
        co_await changed.wait(lock);
        order.push_back(number);
        co_await sleep_for(1ms);
        CHECK(order.back() == number);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        changed.notify_all();  // nobody: not remembered
        for (int i = 0; i < 4; ++i) group.spawn("waiter", wait(i));
        co_await sleep_for(1ms);
        changed.notify_all();
    };
    co_await with_task_group("group", body);
    CHECK(order == std::vector<int>{0, 1, 2, 3});
    CHECK_FALSE(mutex.locked());
}

ASYNC_TEST_CASE("a cancelled waiter holds the lock again when Cancelled is thrown") {
    Mutex mutex;
    Condition changed;
    std::string text;
    const auto wait = [&]() -> Task<> {
        auto lock = co_await mutex.lock();
        try {
            co_await changed.wait(lock);
        } catch (const Cancelled&) {
            text = lock.owns() && mutex.locked() ? "locked" : "unlocked";
            throw;
        }
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto waiter = group.start("waiter", wait());
        co_await sleep_for(1ms);
        auto lock = co_await mutex.lock();
        waiter.cancel(CancelReason::asked);
        co_await sleep_for(5ms);
        CHECK(text.empty());  // the lock is ours
        lock.unlock();
        co_await sleep_for(1ms);
        CHECK(text == "locked");
        CHECK(waiter.done());
    };
    co_await with_task_group("group", body);
    CHECK_FALSE(mutex.locked());
    CHECK(changed.stats().waiting == 0);
}

ASYNC_TEST_CASE("a notification is not lost to a waiter that is cancelled: it goes to the next") {
    Mutex mutex;
    Condition changed;
    std::vector<std::string> woken;
    const auto wait = [&](std::string name) -> Task<> {
        auto lock = co_await mutex.lock();
        co_await changed.wait(lock);
        woken.push_back(name);
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto first = group.start("first", wait("first"));
        auto second = group.start("second", wait("second"));
        auto third = group.start("third", wait("third"));
        co_await sleep_for(1ms);
        first.cancel(CancelReason::asked);  // before: the second gets it
        changed.notify_one();
        third.cancel(CancelReason::asked);
        co_await sleep_for(1ms);
        CHECK(woken == std::vector<std::string>{"second"});
        auto fourth = group.start("fourth", wait("fourth"));
        co_await sleep_for(1ms);
        changed.notify_one();
        fourth.cancel(CancelReason::asked);  // after: it was delivered
        co_await sleep_for(1ms);
        CHECK(woken.back() == "fourth");
    };
    co_await with_task_group("group", body);
}

ASYNC_TEST_CASE("waiting in a cancelled scope throws at once and keeps the lock") {
    Mutex mutex;
    Condition changed;
    bool kept = false;
    const auto wait = [&]() -> Task<> {
        auto lock = co_await mutex.lock();
        current_scope()->cancel(CancelReason::asked);
        try {
            co_await changed.wait(lock);
        } catch (const Cancelled&) {
            kept = lock.owns();
            throw;
        }
    };
    const auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("waiter", wait());
        co_return;
    };
    co_await with_task_group("group", body);
    CHECK(kept);
    CHECK_FALSE(mutex.locked());
}
