#pragma once

#include <chrono>

namespace troika::workers::detail {

// Keeps a job that kills its workers from killing every worker: a pure state machine, one per job.
//
//   closed --10 deaths in a row--> open (1 s) --time over--> probing --survived--> closed
//                                    ^------------ died: twice as long, to 30 s ------'
class Breaker final {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    static constexpr int kDeathsToOpen = 10;
    static constexpr Duration kFirstPause = std::chrono::seconds(1);
    static constexpr Duration kLongestPause = std::chrono::seconds(30);

    enum class Verdict { run, probe, refuse };

    // May this job run now? `probe` is said once per pause and must be followed by survived(),
    // died() or withdrawn().
    Verdict admit(TimePoint now) noexcept;
    void survived() noexcept;  // the worker lived to the end of the job, whatever its outcome
    void died(TimePoint now) noexcept;
    void withdrawn() noexcept;  // the probe was cancelled before it told anything

    bool open() const noexcept { return pause_ != Duration::zero(); }
    // While refusing: how long until the next probe.
    Duration retry_after(TimePoint now) const noexcept;

  private:
    int deaths_ = 0;
    Duration pause_ = Duration::zero();  // zero: closed
    TimePoint until_;
    bool probing_ = false;
};

}  // namespace troika::workers::detail
