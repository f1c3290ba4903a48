#pragma once

#include <troika/async/clock.hpp>
#include <troika/async/timers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace troika {

class Wheel;

// One coarse deadline, owned by whoever has it (a connection). Destroying it cancels it.
class WheelEntry {
  public:
    WheelEntry() noexcept = default;
    WheelEntry(const WheelEntry&) = delete;
    WheelEntry& operator=(const WheelEntry&) = delete;

    bool pending() const noexcept { return next_ != nullptr; }

  protected:
    virtual ~WheelEntry();
    // On the loop thread, at or up to two ticks after the due time; no longer pending.
    virtual void on_due() noexcept = 0;

  private:
    friend class Wheel;
    void unlink() noexcept;
    WheelEntry* next_ = nullptr;
    WheelEntry* previous_ = nullptr;
    std::uint64_t tick_ = 0;  // the tick it is due at
};

// Deadlines by the ten thousand, each moved many times a second: O(1) to set, move and cancel, 50
// ms coarse, never early. Sleeps until the next occupied slot, so idle connections cost no
// wake-ups.
//
//   Threads       Event-loop thread only.
class Wheel final : private Timer {
  public:
    static constexpr auto kTick = std::chrono::milliseconds(50);

    explicit Wheel(Timers& timers) noexcept;
    ~Wheel() override;

    // Moves an entry that is pending already.
    void set(WheelEntry& entry, Clock::Duration after);
    void cancel(WheelEntry& entry) noexcept { entry.unlink(); }

    // The time at the last tick or set(): cheap, at most as old as the loop's current round.
    Clock::TimePoint now() const noexcept { return timers_.clock().now(); }

  private:
    static constexpr std::size_t kSlots = 2048;  // one round is 102 s; farther entries go around

    struct Slot final : WheelEntry {
        void on_due() noexcept override {}
    };

    void on_due() noexcept override;
    std::uint64_t tick_of(Clock::TimePoint time) const noexcept;
    void arm_for(std::uint64_t tick);
    void arm_for_next();

    Timers& timers_;
    Clock::TimePoint origin_;
    std::uint64_t done_tick_ = 0;  // everything due by it has fired
    std::uint64_t armed_tick_ = ~std::uint64_t{0};
    std::array<Slot, kSlots> slots_;
};

}  // namespace troika
