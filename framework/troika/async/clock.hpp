#pragma once

#include <chrono>

namespace troika {

// Where the loop's time comes from. Production has one, the monotonic clock; troika::testing has a
// virtual one whose time moves only when told.
class Clock {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    virtual ~Clock() = default;
    virtual TimePoint now() const noexcept = 0;
    // For ages: cheaper, up to 10 ms behind.
    virtual TimePoint coarse_now() const noexcept { return now(); }
    // A virtual clock arms no kernel timer: the loop jumps to the next due time when it has nothing
    // else to do and no thread or process job is out.
    virtual bool is_virtual() const noexcept { return false; }
    virtual void jump_to(TimePoint) noexcept {}
};

// std::chrono::steady_clock, which is CLOCK_MONOTONIC.
Clock& steady_clock() noexcept;

}  // namespace troika
