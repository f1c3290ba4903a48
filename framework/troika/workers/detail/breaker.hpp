#pragma once

#include <chrono>
#include <memory>
#include <utility>

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
    // died() or withdrawn(): see Probe.
    Verdict admit(TimePoint now) noexcept;
    void survived() noexcept;  // the worker lived to the end of the job, whatever its outcome
    bool died(TimePoint now) noexcept;  // true: it opened, or stays open for longer
    void withdrawn() noexcept;          // the probe was cancelled before it told anything

    int deaths() const noexcept { return deaths_; }  // in a row
    bool open() const noexcept { return pause_ != Duration::zero(); }
    // While refusing: how long until the next probe.
    Duration retry_after(TimePoint now) const noexcept;

  private:
    int deaths_ = 0;
    Duration pause_ = Duration::zero();  // zero: closed
    TimePoint until_;
    bool probing_ = false;
};

// What an admitted probe holds until its fate is known: dropped on whatever way out, it is withdrawn,
// so that no breaker waits for ever. After died(), or once the breaker is no longer asked, dropping
// it has no effect.
class Probe final {
  public:
    Probe() = default;
    explicit Probe(std::shared_ptr<Breaker> breaker) noexcept : breaker_(std::move(breaker)) {}
    Probe(Probe&& other) noexcept = default;
    Probe& operator=(Probe&& other) noexcept {
        Probe(std::move(other)).breaker_.swap(breaker_);
        return *this;
    }
    ~Probe() {
        if (breaker_) breaker_->withdrawn();
    }
    explicit operator bool() const noexcept { return breaker_ != nullptr; }

  private:
    std::shared_ptr<Breaker> breaker_;
};

}  // namespace troika::workers::detail
