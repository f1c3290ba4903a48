#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

namespace troika::workers {

// How a call to a pool ended for its caller. Each call ends in exactly one of these ways.
enum class JobOutcome : std::uint8_t {
    finished,         // its result was delivered
    threw,            // what it threw was delivered
    died,             // with its worker
    timed_out,        // its deadline passed, its own or its caller's
    cancelled,        // its caller left while it ran
    withdrawn,        // its caller left before it ran
    queue_full,       // refused
    waited_too_long,  // refused: no thread or worker was free in time
    suspended,        // refused by its breaker
    no_worker,        // refused: none is left, and none can be made
    not_sent,         // it could not be handed to its worker
    stopped           // the pool stopped
};

// As in the metrics' label `outcome`: "finished", "queue_full".
constexpr std::string_view to_string(JobOutcome outcome) noexcept {
    switch (outcome) {
        case JobOutcome::finished: return "finished";
        case JobOutcome::threw: return "threw";
        case JobOutcome::died: return "died";
        case JobOutcome::timed_out: return "timed_out";
        case JobOutcome::cancelled: return "cancelled";
        case JobOutcome::withdrawn: return "withdrawn";
        case JobOutcome::queue_full: return "queue_full";
        case JobOutcome::waited_too_long: return "waited_too_long";
        case JobOutcome::suspended: return "suspended";
        case JobOutcome::no_worker: return "no_worker";
        case JobOutcome::not_sent: return "not_sent";
        case JobOutcome::stopped: return "stopped";
    }
    return "unknown";
}

// How many calls ended how.
class JobOutcomes final {
  public:
    static constexpr std::size_t kCount = static_cast<std::size_t>(JobOutcome::stopped) + 1;

    void count(JobOutcome outcome, std::uint64_t calls = 1) noexcept {
        counts_[static_cast<std::size_t>(outcome)] += calls;
    }
    std::uint64_t operator[](JobOutcome outcome) const noexcept {
        return counts_[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t total() const noexcept {
        return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
    }
    JobOutcomes& operator+=(const JobOutcomes& others) noexcept {
        for (std::size_t i = 0; i < kCount; ++i) counts_[i] += others.counts_[i];
        return *this;
    }
    // For each outcome there is, `visit(outcome, calls)`.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::size_t i = 0; i < kCount; ++i) visit(static_cast<JobOutcome>(i), counts_[i]);
    }

  private:
    std::array<std::uint64_t, kCount> counts_{};
};

}  // namespace troika::workers

namespace troika {
using workers::JobOutcome;
}
