#include "abort.hpp"

#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<> sleeper(Clock& clock, Clock::TimePoint origin, std::chrono::seconds length,
               std::vector<std::chrono::seconds>& woken) {
    co_await sleep_for(length);
    woken.push_back(std::chrono::duration_cast<std::chrono::seconds>(clock.now() - origin));
}

}  // namespace

TEST_CASE("advance runs what is due within it, in order, each at its own time") {
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    const auto origin = clock.now();
    std::vector<std::chrono::seconds> woken;
    TaskGroup group(loop.root(), "sleepers");
    group.spawn("late", sleeper(clock, origin, 30s, woken));
    group.spawn("second", sleeper(clock, origin, 9s, woken));
    group.spawn("first", sleeper(clock, origin, 2s, woken));
    clock.advance(loop, 10s);
    CHECK(woken == std::vector<std::chrono::seconds>{2s, 9s});
    CHECK(clock.now() == origin + 10s);
    loop.run(group.join());
    CHECK(woken.back() == 30s);
}

TEST_CASE("a virtual clock never goes back") {
    testing::VirtualClock clock;
    const auto before = clock.now();
    clock.jump_to(before - 1s);
    CHECK(clock.now() == before);
    clock.jump_to(before + 1s);
    CHECK(clock.now() == before + 1s);
}

TEST_CASE("time does not jump while a thread or a process is at work") {
    const std::string text = troika::testing::text_of_abort([] {
        testing::VirtualClock clock;
        EventLoop loop({.clock = &clock});
        TaskGroup group(loop.root(), "sleepers");
        std::vector<std::chrono::seconds> woken;
        group.spawn("sleeper", sleeper(clock, clock.now(), 2s, woken));
        loop.job_began();
        clock.advance(loop, 10s);
    });
    CHECK(text.find("advance() while a thread or process job is under way") != std::string::npos);
    CHECK(text.find("no abort") == std::string::npos);
}
