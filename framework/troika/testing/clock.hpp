#pragma once

#include <troika/async/clock.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/base/check.hpp>

namespace troika::testing {

// Time that moves only when told: give it to the EventLoop under test. EventLoop::run() jumps to
// the next timer by itself whenever nothing else can run; advance() steps a loop by hand.
class VirtualClock final : public Clock {
  public:
    TimePoint now() const noexcept override { return now_; }
    bool is_virtual() const noexcept override { return true; }
    void jump_to(TimePoint time) noexcept override {
        if (time > now_) now_ = time;
    }

    // Runs everything due within `duration` on `loop`, in order, each at its own time. Refuses
    // while a thread or process job is out, because real work takes real time.
    void advance(EventLoop& loop, Duration duration) {
        const TimePoint end = now_ + duration;
        loop.poll();
        while (!loop.timers().empty() && loop.timers().next_due() <= end) {
            TROIKA_CHECK(loop.jobs() == 0, "advance() while a thread or process job is under way");
            jump_to(loop.timers().next_due());
            loop.timers().fire_due();
            loop.poll();
        }
        jump_to(end);
    }

  private:
    TimePoint now_{std::chrono::hours(1)};
};

}  // namespace troika::testing
