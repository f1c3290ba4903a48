#pragma once

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
    // A call takes microseconds, a report minutes.
    static constexpr std::array<std::chrono::microseconds, 12> kLimits{
        {std::chrono::microseconds(100), std::chrono::microseconds(500),
         std::chrono::milliseconds(1), std::chrono::milliseconds(5), std::chrono::milliseconds(10),
         std::chrono::milliseconds(50), std::chrono::milliseconds(100),
         std::chrono::milliseconds(500), std::chrono::seconds(1), std::chrono::seconds(5),
         std::chrono::seconds(10), std::chrono::minutes(1)}};
    // The same in seconds.
    static constexpr auto kBounds = [] {
        std::array<double, kLimits.size()> bounds{};
        for (std::size_t i = 0; i < bounds.size(); ++i)
            bounds[i] = static_cast<double>(kLimits[i].count()) / 1e6;
        return bounds;
    }();

    // Whole numbers only: a thread pool does this a million times a second under its lock.
    void add(std::chrono::nanoseconds duration) noexcept {
        std::size_t bucket = 0;
        while (bucket < kLimits.size() && duration > kLimits[bucket]) ++bucket;
        ++buckets_[bucket];
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
