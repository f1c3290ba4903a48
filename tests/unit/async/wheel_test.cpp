#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/async/wheel.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

struct WheelFixture {
    struct Probe final : WheelEntry {
        explicit Probe(WheelFixture& owner) : fixture(owner) {}
        void on_due() noexcept override {
            fired_at = fixture.clock.now();
            if (then) then();
        }
        WheelFixture& fixture;
        std::optional<Clock::TimePoint> fired_at;
        std::function<void()> then;
    };
    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    Wheel& wheel = loop.wheel();
};

}  // namespace

TEST_CASE_METHOD(WheelFixture,
                 "an entry fires never early and at most two ticks late, near and far") {
    const auto origin = clock.now();
    std::vector<std::chrono::milliseconds> waits{0ms,   1ms,      49ms,      50ms,      51ms,
                                                 999ms, 60'000ms, 102'399ms, 102'400ms, 250'017ms};
    std::vector<std::unique_ptr<Probe>> probes;
    for (const auto wait : waits) {
        probes.push_back(std::make_unique<Probe>(*this));
        wheel.set(*probes.back(), wait);
    }
    clock.advance(loop, 300s);
    for (std::size_t i = 0; i < waits.size(); ++i) {
        INFO(waits[i].count() << " ms");
        REQUIRE(probes[i]->fired_at);
        CHECK(*probes[i]->fired_at >= origin + waits[i]);
        CHECK(*probes[i]->fired_at <= origin + waits[i] + 2 * Wheel::kTick);
    }
    CHECK(loop.timers().empty());
}

TEST_CASE_METHOD(WheelFixture,
                 "a moved entry fires once, at its last time; a cancelled one never") {
    Probe moved(*this);
    Probe cancelled(*this);
    wheel.set(moved, 1s);
    wheel.set(cancelled, 1s);
    clock.advance(loop, 500ms);
    wheel.set(moved, 1s);
    wheel.cancel(cancelled);
    clock.advance(loop, 900ms);
    CHECK_FALSE(moved.fired_at);
    clock.advance(loop, 1s);
    CHECK(moved.fired_at);
    CHECK_FALSE(cancelled.fired_at);
}

TEST_CASE_METHOD(WheelFixture,
                 "an entry that fires may destroy another of the same tick and set itself again") {
    Probe first(*this);
    auto second = std::make_unique<Probe>(*this);
    auto third = std::make_unique<Probe>(*this);
    int fires = 0;
    const auto destroy = [&] {
        second.reset();
        third.reset();
        if (++fires < 3) wheel.set(first, 10ms);
    };
    first.then = destroy;
    wheel.set(*third, 10ms);
    wheel.set(*second, 10ms);
    wheel.set(first, 10ms);
    clock.advance(loop, 1s);
    CHECK(fires == 3);
}

TEST_CASE_METHOD(WheelFixture, "one idle minute costs one wake-up, not a thousand") {
    Probe probe(*this);
    wheel.set(probe, 60s);
    CHECK(loop.timers().size() == 1);
    CHECK(loop.timers().next_due() >= clock.now() + 60s);
}
