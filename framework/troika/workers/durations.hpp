#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace troika::workers {

// How often something took how long: what a histogram of the metrics needs, kept where no registry
// is known. Not synchronised.
class Durations final {
  public:
    // Seconds. A call takes microseconds, a report minutes.
    static constexpr std::array kBounds{.0001, .0005, .001, .005, .01, .05,
                                        .1,    .5,    1.,   5.,   10., 60.};

    void add(std::chrono::nanoseconds duration) noexcept {
        const double seconds = std::chrono::duration<double>(duration).count();
        const auto bound = std::find_if(kBounds.begin(), kBounds.end(),
                                        [seconds](double limit) { return seconds <= limit; });
        ++buckets_[static_cast<std::size_t>(bound - kBounds.begin())];
        total_ += duration;
    }
    Durations& operator+=(const Durations& others) noexcept {
        for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += others.buckets_[i];
        total_ += others.total_;
        return *this;
    }

    // Not cumulated; the last is for what took longer than every bound.
    std::span<const std::uint64_t> buckets() const noexcept { return buckets_; }
    std::uint64_t count() const noexcept {
        return std::accumulate(buckets_.begin(), buckets_.end(), std::uint64_t{0});
    }
    std::chrono::nanoseconds total() const noexcept { return total_; }

  private:
    std::array<std::uint64_t, kBounds.size() + 1> buckets_{};
    std::chrono::nanoseconds total_{0};
};

}  // namespace troika::workers
