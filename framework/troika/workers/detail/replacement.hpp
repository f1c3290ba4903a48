#pragma once

#include <chrono>

namespace troika::workers::detail {

// When a dead worker is replaced: a pure state machine, one per pool. The first three deaths within
// ten seconds at once, then after 50 ms, doubling to 1 s; ten seconds without a death reset it.
class Replacement final {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    static constexpr int kFree = 3;
    static constexpr Duration kWindow = std::chrono::seconds(10);
    static constexpr Duration kFirstDelay = std::chrono::milliseconds(50);
    static constexpr Duration kLongestDelay = std::chrono::seconds(1);
    static constexpr int kUnbornLimit = 5;
    // So long a complete pool without a death can live: longer than any replacement is put off.
    static constexpr Duration kTrusted = 2 * kLongestDelay;

    enum class Moment { before_first_job, later };

    // How long to wait before the replacement is made.
    Duration died(TimePoint now, Moment moment) noexcept;
    void finished_a_job() noexcept { unborn_ = 0; }
    enum class Strength { reduced, full };

    // Five workers in a row died before their first job, the last of them less than ten seconds
    // ago: most likely none can live. A pool at full strength disproves that after two seconds:
    // it has lost idle workers to something outside.
    bool hopeless(TimePoint now, Strength strength) const noexcept;

  private:
    int deaths_ = 0;
    int unborn_ = 0;
    Duration delay_ = Duration::zero();
    TimePoint last_;
};

}  // namespace troika::workers::detail
