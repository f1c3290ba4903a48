#include <troika/async/race.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct RaceFixture {
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<std::string> log;

    Task<int> give(std::chrono::milliseconds after, int value) {
        bool cancelled = false;
        try {
            co_await sleep_for(after);
        } catch (const Cancelled& reason) {
            cancelled = true;
            log.push_back(std::to_string(value) + " " + std::string(to_string(reason.reason)));
        }
        co_return cancelled ? -1 : value;
    }
    Task<> nothing(std::chrono::milliseconds after) { co_await sleep_for(after); }
    Task<int> fail(std::chrono::milliseconds after, std::string why) {
        co_await sleep_for(after);
        throw std::runtime_error(why);
    }
};

}  // namespace

TEST_CASE_METHOD(RaceFixture,
                 "the first to finish wins, the losers have ended before race returns") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> tasks;
        tasks.push_back(give(30ms, 1));
        tasks.push_back(give(10ms, 2));
        tasks.push_back(give(20ms, 3));
        const auto began = loop.now();
        const Winner<int> winner = co_await race(std::move(tasks));
        CHECK(winner.index == 1);
        CHECK(winner.value == 2);
        CHECK(loop.now() - began == 10ms);
        CHECK(log == std::vector<std::string>{"3 asked", "1 asked"});
    };
    loop.run(body());
}

TEST_CASE_METHOD(RaceFixture, "a race of different types tells by the index of a variant who won") {
    auto body = [&]() -> Task<> {
        const auto winner = co_await race(give(30ms, 1), nothing(10ms), give(40ms, 2));
        CHECK(winner.index() == 1);
        const auto other = co_await race(nothing(1h), give(10ms, 7));
        CHECK(std::get<1>(other) == 7);
    };
    loop.run(body());
}

TEST_CASE_METHOD(RaceFixture, "a failure does not end the race") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> tasks;
        tasks.push_back(fail(1ms, "broken"));
        tasks.push_back(give(10ms, 2));
        const Winner<int> winner = co_await race(std::move(tasks));
        CHECK(winner.index == 1);
    };
    loop.run(body());
}

TEST_CASE_METHOD(RaceFixture, "when all fail every failure is carried") {
    auto body = [&]() -> Task<> { co_await race(fail(2ms, "second"), fail(1ms, "first")); };
    CHECK_THROWS_WITH(loop.run(body()), "2 tasks failed: first; second");
}

TEST_CASE_METHOD(RaceFixture, "nobody can win a race of no tasks") {
    auto body = [&]() -> Task<> {
        std::vector<Task<int>> none;
        co_await race(std::move(none));
    };
    CHECK_THROWS_WITH(loop.run(body()), Catch::Contains("no tasks"));
}

TEST_CASE_METHOD(RaceFixture, "a cancel from outside ends the race with Cancelled") {
    auto racing = [&]() -> Task<> {
        co_await race(fail(1h, "never"), fail(1h, "never"));
        log.push_back("not reached");
    };
    auto body = [&](TaskGroup& group) -> Task<> {
        group.spawn("racing", racing());
        co_await sleep_for(1ms);
        group.cancel(CancelReason::shutdown);
    };
    loop.run(with_task_group("group", body));
    CHECK(log.empty());
}
