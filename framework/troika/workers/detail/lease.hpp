#pragma once

#include <troika/workers/recycling.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>

namespace troika::workers::detail {

// How long one worker may stay: its own share of RecycleOptions, jitter applied.
struct Lease {
    std::uint64_t jobs = std::numeric_limits<std::uint64_t>::max();
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

// Hands out leases and tells when one is over: a pure state machine, one per pool.
class Leases final {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Leases(const RecycleOptions& options, std::uint32_t seed) : options_(options), random_(seed) {}

    Lease lease(TimePoint ready);
    // What ended this lease after `jobs` jobs, if anything did; memory has its own question.
    static std::optional<RecycleCause> over(const Lease& lease, std::uint64_t jobs, TimePoint now);
    bool watches_memory() const noexcept { return options_.memory > 0; }
    bool too_large(std::uint64_t bytes) const noexcept {
        return watches_memory() && bytes > options_.memory;
    }

  private:
    double factor();

    const RecycleOptions options_;
    std::minstd_rand random_;
};

}  // namespace troika::workers::detail
