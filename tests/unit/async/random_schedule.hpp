#pragma once

#include <troika/async/task_group.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <vector>

// Random schedules against a model. TROIKA_TEST_SEED=<number> makes a run begin with that schedule;
// otherwise every run takes others, and a failure prints the seed that repeats it.

template <typename Schedule>
void run_random_schedules(int count) {
    const char* const given = std::getenv("TROIKA_TEST_SEED");
    const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10)
                                                 : std::uint64_t{std::random_device()()};
    for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) {
        INFO("repeat with TROIKA_TEST_SEED=" << seed);
        troika::testing::VirtualClock clock;
        troika::EventLoop loop({.clock = &clock});
        Schedule schedule(seed);
        loop.run(schedule.run());
        REQUIRE(schedule.breach == "");
    }
}

// What schedules share: dice, the first breach, and the order in which the loop runs what is ready.
class RandomSchedule {
  public:
    explicit RandomSchedule(std::uint64_t seed) : random_(seed) {}
    std::string breach;

  protected:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    template <typename T>
    void expect(const T& is, const T& should, const std::string& what) {
        if (is == should || !breach.empty()) return;
        breach = "step " + std::to_string(step_) + ": " + what;
    }
    void next_step() { ++step_; }

  private:
    std::mt19937_64 random_;
    int step_ = 0;
};
