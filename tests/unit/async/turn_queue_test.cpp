#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/turn_queue.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct TurnFixture {
    // Each turn takes so long.
    Task<> takes_turns(char name, int count) {
        for (int i = 0; i < count; ++i) {
            Turn turn(turns);
            co_await turn;
            seen += name;
            clock.jump_to(clock.now() + cost);
        }
        --left;
    }
    // What else the loop has to do: once in each of its rounds.
    Task<> does_something_else() {
        while (left > 0) {
            seen += '.';
            co_await sleep_for(0ns);
        }
    }

    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    TurnQueue turns{loop};
    std::chrono::nanoseconds cost{0};
    std::string seen;
    int left = 0;
};

// The longest run of turns without a look at what else there is.
std::size_t longest_run(const std::string& seen) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char each : seen) {
        run = each == '.' ? 0 : run + 1;
        longest = std::max(longest, run);
    }
    return longest;
}

}  // namespace

TEST_CASE_METHOD(TurnFixture,
                 "turns come in the order of asking, nobody has two before the others") {
    const auto body = [&]() -> Task<> {
        TaskGroup group("turns");
        group.spawn("a", takes_turns('a', 3));
        group.spawn("b", takes_turns('b', 3));
        group.spawn("c", takes_turns('c', 2));
        co_await group.join();
    };
    loop.run(body());
    CHECK(seen == "abcabcab");
}

TEST_CASE_METHOD(TurnFixture,
                 "a slice of turns ends when it has lasted long enough, and the loop goes on") {
    const auto body = [&]() -> Task<> {
        TaskGroup group("turns");
        left = 20;
        for (int i = 0; i < 20; ++i) group.spawn("turns", takes_turns('t', 50));
        group.spawn("else", does_something_else());
        co_await group.join();
    };
    SECTION("three short turns a slice") {
        cost = TurnQueue::kSlice / 2 - 1ns;
        loop.run(body());
        CHECK(longest_run(seen) == 3);
    }
    SECTION("a long turn is a slice of its own") {
        cost = TurnQueue::kSlice;
        loop.run(body());
        CHECK(longest_run(seen) == 1);
    }
    SECTION("each waits for the others also where the clock stands still") {
        loop.run(body());
        CHECK(longest_run(seen) == 20);
    }
    CHECK(std::ranges::count(seen, 't') == 20 * 50);
}

TEST_CASE_METHOD(TurnFixture, "a cancel ends the wait for a turn, and the others have theirs") {
    Scope* waiting = nullptr;
    bool was_cancelled = false;
    const auto waits = [&]() -> Task<> {
        waiting = current_scope();
        Turn turn(turns);
        try {
            co_await turn;
        } catch (const Cancelled&) {
            was_cancelled = true;
            throw;
        }
    };
    const auto cancels = [&]() -> Task<> {
        Turn turn(turns);
        co_await turn;
        waiting->cancel(CancelReason::asked);
    };
    const auto body = [&]() -> Task<> {
        TaskGroup group("turns");
        group.spawn("cancels", cancels());
        group.spawn("waits", waits());
        group.spawn("a", takes_turns('a', 2));
        co_await group.join();
    };
    loop.run(body());
    CHECK(was_cancelled);
    CHECK(seen == "aa");
}

TEST_CASE_METHOD(TurnFixture, "those that leave in a slice leave their turns to nobody") {
    Scope* leaves = nullptr;
    const auto waits = [&]() -> Task<> {
        leaves = current_scope();
        Turn turn(turns);
        co_await turn;
        seen += 'x';
    };
    const auto cancels_then_takes_turns = [&]() -> Task<> {
        Turn turn(turns);
        co_await turn;
        leaves->cancel(CancelReason::asked);
        Task<> more = takes_turns('a', 2);
        co_await std::move(more);
    };
    const auto body = [&]() -> Task<> {
        TaskGroup group("turns");
        left = 1;
        group.spawn("cancels", cancels_then_takes_turns());
        group.spawn("waits", waits());
        group.spawn("else", does_something_else());
        co_await group.join();
    };
    loop.run(body());
    CHECK(longest_run(seen) == 1);
    CHECK(std::ranges::count(seen, 'a') == 2);
    CHECK(seen.find('x') == std::string::npos);
}

TEST_CASE_METHOD(TurnFixture, "a queue may go while a slice is ahead") {
    const auto body = [&]() -> Task<> {
        TurnQueue gone(loop);
        TaskGroup group("turns");
        const auto waits = [&]() -> Task<> {
            Turn turn(gone);
            co_await turn;
            seen += 'x';
        };
        group.spawn("waits", waits());
        co_await sleep_for(0ns);
        group.cancel(CancelReason::asked);
        co_await group.join();
    };
    loop.run(body());
    loop.poll();  // the slice, in which nobody waits any more
    CHECK(seen.empty());
}
