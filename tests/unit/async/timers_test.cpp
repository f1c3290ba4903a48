#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct TimersFixture {
    struct Probe final : Timer {
        explicit Probe(TimersFixture& owner) : fixture(owner) {}
        void on_due() noexcept override {
            CHECK_FALSE(pending());
            fixture.fired.push_back(this);
            fixture.fired_at.push_back(fixture.clock.now());
        }
        TimersFixture& fixture;
    };
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    std::vector<Probe*> fired;
    std::vector<Clock::TimePoint> fired_at;
};

}  // namespace

TEST_CASE_METHOD(TimersFixture,
                 "timers fire in order of their due time, moved and cancelled ones too") {
    std::mt19937 random(7);
    std::vector<std::unique_ptr<Probe>> probes;
    std::vector<Clock::TimePoint> due;
    const auto origin = clock.now();
    auto any = [&] { return origin + std::chrono::milliseconds(1 + random() % 5000); };
    for (int i = 0; i < 500; ++i) {
        probes.push_back(std::make_unique<Probe>(*this));
        due.push_back(any());
        loop.timers().add(*probes.back(), due.back());
    }
    std::size_t expected = 500;
    for (int i = 0; i < 500; i += 3) {
        due[static_cast<std::size_t>(i)] = any();
        loop.timers().add(*probes[static_cast<std::size_t>(i)], due[static_cast<std::size_t>(i)]);
    }
    for (std::size_t i = 0; i < 500; i += 7, --expected) loop.timers().cancel(*probes[i]);
    for (std::size_t i = 1; i < 500; i += 50) {
        if (probes[i]->pending()) --expected;
        probes[i].reset();
    }
    CHECK(loop.timers().size() == expected);
    clock.advance(loop, 6s);
    CHECK(loop.timers().empty());
    REQUIRE(fired.size() == expected);
    CHECK(std::is_sorted(fired_at.begin(), fired_at.end()));
    for (std::size_t i = 0; i < 500; ++i) {
        const auto at = std::find(fired.begin(), fired.end(), probes[i].get());
        if (at == fired.end()) continue;
        CHECK(fired_at[static_cast<std::size_t>(at - fired.begin())] == due[i]);
    }
}

TEST_CASE_METHOD(TimersFixture, "a due time between two milliseconds is rounded up, never down") {
    Probe probe(*this);
    loop.timers().add(probe, clock.now() + 1500us);
    clock.advance(loop, 1900us);
    CHECK(fired.empty());
    clock.advance(loop, 200us);
    CHECK(fired.size() == 1);
}

TEST_CASE("kernel timers fire without a virtual clock") {
    EventLoop loop;
    struct Probe final : Timer {
        void on_due() noexcept override { ++count; }
        int count = 0;
    } early, late;
    loop.timers().add(late, loop.now() + 20ms);
    loop.timers().add(early, loop.now() + 2ms);
    while (late.count == 0) loop.poll();
    CHECK(early.count == 1);
    CHECK(loop.timers().empty());
}
