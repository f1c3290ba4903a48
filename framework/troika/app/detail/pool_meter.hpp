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

// Turns the pools' stats into metrics when somebody asks for them. Counters only grow, so what they
// were last time is kept here.
class PoolMeter final {
  public:
    explicit PoolMeter(Metrics& metrics, Clock& clock = steady_clock()) noexcept
        : metrics_(metrics), clock_(clock) {}

    void collect(const std::string& pool, const workers::ThreadPoolStats& stats);
    void collect(const std::string& pool, const workers::ProcessPoolStats& stats,
                 std::uint64_t resident_memory);

  private:
    void gauge(const char* name, const char* help, const std::string& pool, double value);
    void counter(const char* name, const char* help, MetricLabels labels, std::uint64_t value);
    void outcomes(const std::string& pool, const char* outcome, std::uint64_t value);
    void seconds(const std::string& pool, const char* what, double value);

    void busy(const std::string& pool, std::size_t size, std::chrono::nanoseconds total);
    void jobs(const std::string& pool, const workers::ProcessPoolStats& stats);

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
