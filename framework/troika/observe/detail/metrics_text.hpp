#pragma once

#include <troika/observe/metrics.hpp>

namespace troika::detail {

// Throws Error for what Prometheus' data model does not allow.
void check_metric_name(std::string_view name, const MetricLabels& labels, MetricKind kind);

std::string label_names(const MetricLabels& labels);

// The text exposition format, version 0.0.4.
class MetricsText final {
  public:
    void family(std::string_view name, std::string_view help, std::string_view kind);
    void sample(std::string_view name, const MetricLabels& labels, std::uint64_t value);
    void sample(std::string_view name, const MetricLabels& labels, double value);
    void histogram(std::string_view name, const MetricLabels& labels, const Histogram& histogram);
    std::string take() { return std::move(out_); }

  private:
    void begin(std::string_view name, std::string_view suffix, const MetricLabels& labels,
               std::string_view bound = {});
    std::string out_;
};

}  // namespace troika::detail
