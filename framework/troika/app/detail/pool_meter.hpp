#pragma once

#include <troika/async/clock.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/thread_pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace troika::detail {

// Turns the pools' stats into metrics when somebody asks for them.
class PoolMeter final {
  public:
    explicit PoolMeter(Metrics& metrics, Clock& clock = steady_clock()) noexcept
        : metrics_(metrics), clock_(clock) {}

    void collect(const std::string& pool, const workers::ThreadPoolStats& stats);
    void collect(const std::string& pool, const workers::ProcessPoolStats& stats,
                 std::uint64_t resident_memory);

  private:
    template <typename Stats>
    void common(const std::string& pool, const Stats& stats, std::size_t size);
    void busy(const std::string& pool, std::size_t size, std::chrono::nanoseconds total);
    void job(const std::string& pool, const std::string& name, const workers::JobStats& stats,
             bool suspended);

    void gauge(const char* name, const char* help, MetricLabels labels, double value);
    void counter(const char* name, const char* help, MetricLabels labels, std::uint64_t value);
    void histogram(const char* name, const char* help, MetricLabels labels,
                   const workers::Durations& durations);
    // What never happened is shown as 0, so that its first time is seen; for job names that would be
    // many series.
    enum class Never : std::uint8_t { shown, left_out };
    void outcomes(const char* name, const char* help, const MetricLabels& labels,
                  const workers::JobOutcomes& outcomes, Never never);
    void crashes(const char* name, const char* help, const MetricLabels& labels,
                 const std::map<int, std::uint64_t>& crashes);

    struct Before {
        bool known = false;
        Clock::TimePoint at{};
        std::chrono::nanoseconds busy{0};
    };
    Metrics& metrics_;
    Clock& clock_;
    std::map<std::string, Before> before_;  // of each pool
};

}  // namespace troika::detail
