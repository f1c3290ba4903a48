#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <type_traits>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<int> give(int value) { co_return value; }

Task<int> give_later(int value) {
    co_await sleep_for(0s);
    co_return value;
}

Task<long> sum_of_ready_awaits(int count) {
    long sum = 0;
    for (int i = 0; i < count; ++i) sum += co_await give(1);
    co_return sum;
}

Task<int> await_nested(int depth) {
    if (depth == 0) co_return co_await give_later(1);
    const int below = co_await await_nested(depth - 1);
    co_return below + 1;
}

static_assert(!std::is_copy_constructible_v<Task<>>);
static_assert(std::is_nothrow_move_constructible_v<Task<int>>);

}  // namespace

TEST_CASE("one million ready awaits in a loop do not grow the stack") {
    EventLoop loop;
    CHECK(loop.run(sum_of_ready_awaits(1'000'000)) == 1'000'000);
}

TEST_CASE("awaits nest a thousand deep and unwind") {
    EventLoop loop;
    CHECK(loop.run(await_nested(1000)) == 1001);
}

TEST_CASE("a task starts when it is awaited, not before") {
    EventLoop loop;
    bool started = false;
    auto start = [&]() -> Task<> {
        started = true;
        co_return;
    };
    auto body = [&]() -> Task<> {
        Task<> task = start();
        CHECK_FALSE(started);
        Task<> moved = std::move(task);
        co_await std::move(moved);
        CHECK(started);
    };
    loop.run(body());
    {
        const Task<> never_awaited = start();
    }
}

TEST_CASE("values, references and what can only be moved come through") {
    EventLoop loop;
    int target = 1;
    auto reference = [&]() -> Task<int&> { co_return target; };
    auto unique = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(9); };
    auto body = [&]() -> Task<> {
        int& same = co_await reference();
        CHECK(&same == &target);
        const auto owned = co_await unique();
        CHECK(*owned == 9);
    };
    loop.run(body());
}

TEST_CASE("an exception passes through every await on its way, and destroys the frames") {
    EventLoop loop;
    auto guard = std::make_shared<int>(0);
    auto fail = [](std::shared_ptr<int>) -> Task<int> {
        co_await sleep_for(0s);
        throw std::out_of_range("deep");
    };
    auto middle = [&](std::shared_ptr<int> held) -> Task<int> { co_return co_await fail(held); };
    auto body = [&]() -> Task<> {
        bool caught = false;
        try {
            co_await middle(guard);
        } catch (const std::out_of_range&) {
            caught = true;
        }
        CHECK(caught);
        CHECK(guard.use_count() == 1);
    };
    loop.run(body());
}
