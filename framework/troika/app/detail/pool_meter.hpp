#pragma once

#include <troika/observe/metrics.hpp>
#include <troika/workers/process_pool_options.hpp>
#include <troika/workers/thread_pool_options.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace troika::detail {

// Turns the pools' stats into metrics when somebody asks for them. Counters only grow, so what they
// were last time is kept here.
class PoolMeter final {
  public:
    explicit PoolMeter(Metrics& metrics) noexcept : metrics_(metrics) {}

    void collect(const std::string& pool, const workers::ThreadPoolStats& stats);
    void collect(const std::string& pool, const workers::ProcessPoolStats& stats);

  private:
    void gauge(const char* name, const char* help, const std::string& pool, double value);
    void counter(const char* name, const char* help, MetricLabels labels, std::uint64_t value);
    void outcomes(const std::string& pool, const char* outcome, std::uint64_t value);
    void seconds(const std::string& pool, const char* what, double value);

    Metrics& metrics_;
};

}  // namespace troika::detail
