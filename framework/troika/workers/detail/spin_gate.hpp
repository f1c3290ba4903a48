#pragma once

#include <algorithm>
#include <chrono>

namespace troika::workers::detail {

// Is it worth looking for the next job for a while before sleeping? Only while waits are short; and
// each look in vain leaves out more of the next ones, so that steady work with longer gaps does not
// burn a CPU. A pure state machine, one per worker.
class SpinGate final {
  public:
    using Duration = std::chrono::steady_clock::duration;
    static constexpr int kQuick = 5;             // waits below so many times the spin are short
    static constexpr int kLongestSkip = 63;      // waits
    static constexpr int kDisturbedSkip = 1023;  // doubled by each disturbance in a row
    static constexpr int kLongestDisturbedSkip = 65535;  // seconds of work at full speed

    explicit SpinGate(Duration time) noexcept : time_(time) {}

    // Asked once before each wait. True: spin, then say found() or missed().
    bool open() noexcept {
        if (!quick_ || time_ <= Duration::zero()) return false;
        if (skip_ == 0) return true;
        --skip_;
        return false;
    }
    void found() noexcept {
        penalty_ = 0;
        disturbance_ = 0;
    }
    void missed() noexcept {
        skip_ = penalty_ = std::min(2 * penalty_ + 1, kLongestSkip);
        disturbance_ = 0;
    }
    // Whoever was let go first kept the CPU: it is wanted elsewhere, and spinning only delays. The
    // kernel takes a yield for a whole slice given away: beside seven busy processes on two CPUs a
    // thread pool that tried again after every thousand waits had 0.5 to 0.8 of the calls it has
    // without spinning, with pauses that grow 1.05 or more (measured).
    void disturbed() noexcept {
        disturbance_ = std::clamp(2 * disturbance_ + 1, kDisturbedSkip, kLongestDisturbedSkip);
        skip_ = disturbance_;
    }
    // How long the wait was in the end, spinning included.
    void waited(Duration duration) noexcept { quick_ = duration < kQuick * time_; }
    Duration time() const noexcept { return time_; }

  private:
    Duration time_;
    int penalty_ = 0;
    int disturbance_ = 0;
    int skip_ = 0;
    bool quick_ = false;
};

}  // namespace troika::workers::detail
