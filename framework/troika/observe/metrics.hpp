#pragma once

#include <troika/observe/metrics_delta.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace troika {

// Counts up. Every thread may add: a relaxed atomic add is one instruction and 7 ns (a plain one is
// 0.5 ns, both measured), so all counters of a request cost it about a hundredth of its time and there
// is no second, single-threaded variant to choose wrongly.
class Counter final {
  public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.fetch_add(amount, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

// Goes up and down.
class Gauge final {
  public:
    void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
    void add(double amount) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
    double value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<double> value_{0};
};

// Sorts values into fixed buckets; a value belongs to the first bucket whose bound it does not
// exceed.
class Histogram final {
  public:
    explicit Histogram(std::vector<double> bounds)
        : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {}

    void observe(double value) noexcept;
    std::span<const double> bounds() const noexcept { return bounds_; }
    // Observations per bucket, not cumulated; the last is for values above every bound.
    std::vector<std::uint64_t> buckets() const;
    double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
    void merge(std::span<const std::uint64_t> buckets, double sum) noexcept;
    // For what is counted elsewhere: as it is there now.
    void set(std::span<const std::uint64_t> buckets, double sum) noexcept;

  private:
    std::vector<double> bounds_;
    std::vector<std::atomic<std::uint64_t>> buckets_;
    std::atomic<double> sum_{0};
};

// Request durations in seconds: the bounds of OpenTelemetry's HTTP conventions.
inline constexpr double kDurationBounds[] = {.005, .01, .025, .05, .075, .1,  .25,
                                             .5,   .75, 1,    2.5, 5,    7.5, 10};

// Everything a process counts, and its Prometheus text form.
//
//   Lifetime      What it returns lives as long as it does: ask once, keep the reference, add for
//                 free.
//   Threads       Counters, gauges and histograms: any. The registry itself too, under a lock;
//                 functions given to watch() run on the thread that renders.
//   Errors        Error for a name or label that Prometheus does not allow, or a name that is taken
//                 by another kind, other buckets or other label names. The same name, kind and labels
//                 again give the same metric. More than kMaxSeries label sets of one name share one
//                 series whose label values are all "other": whoever puts an id into a label does not
//                 take the process down.
class Metrics final {
  public:
    static constexpr std::size_t kMaxSeries = 500;

    Metrics();
    ~Metrics();

    Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
    Histogram& histogram(std::string_view name, std::string_view help,
                         std::span<const double> bounds = kDurationBounds,
                         MetricLabels labels = {});

    // A value asked for when rendering, as long as `owner` lives. Not a histogram.
    void watch(MetricKind kind, std::string_view name, std::string_view help, MetricLabels labels,
               std::function<double()> value, std::weak_ptr<const void> owner);
    // For good.
    void watch(MetricKind kind, std::string_view name, std::string_view help, MetricLabels labels,
               std::function<double()> value);

    // text/plain; version=0.0.4: families by name, series by label values.
    std::string render() const;

    // What changed since the last call (watched values do not travel), and its counterpart. A
    // series that contradicts one that is here is an Error and leaves the rest of the delta
    // unapplied.
    MetricsDelta take_delta();
    void apply(const MetricsDelta& delta);

  private:
    struct Family;
    struct Series;
    Series& series(MetricKind kind, std::string_view name, std::string_view help,
                   std::span<const double> bounds, MetricLabels labels);

    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

}  // namespace troika
