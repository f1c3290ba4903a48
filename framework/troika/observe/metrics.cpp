#include <troika/base/error.hpp>
#include <troika/observe/detail/metrics_text.hpp>
#include <troika/observe/metrics.hpp>

#include <algorithm>
#include <optional>

namespace troika {

struct Metrics::Series {
    MetricLabels labels;
    Counter counter;
    Gauge gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> watched;
    std::optional<std::weak_ptr<const void>> owner;
    // What take_delta() has handed out already.
    std::uint64_t sent_count = 0;
    double sent_sum = 0;
    std::vector<std::uint64_t> sent_buckets;

    bool gone() const { return owner && owner->expired(); }
};

struct Metrics::Family {
    MetricKind kind;
    std::string help;
    std::vector<double> bounds;
    std::map<MetricLabels, std::unique_ptr<Series>> series;  // stable: references are handed out
};

namespace {

[[noreturn]] void conflict(std::string_view name, std::string_view what) {
    throw Error("metric " + std::string(name) + " is registered already, " + std::string(what));
}

bool same_names(const MetricLabels& a, const MetricLabels& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first; });
}

std::string_view kind_name(MetricKind kind) {
    return kind == MetricKind::counter ? "counter"
           : kind == MetricKind::gauge ? "gauge"
                                       : "histogram";
}

}  // namespace

void Histogram::observe(double value) noexcept {
    // Most values are small: what belongs to the first bucket needs no search.
    auto at = std::ptrdiff_t{0};
    if (!bounds_.empty() && value > bounds_.front())
        at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    buckets_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::buckets() const {
    std::vector<std::uint64_t> out;
    out.reserve(buckets_.size());
    for (const auto& bucket : buckets_) out.push_back(bucket.load(std::memory_order_relaxed));
    return out;
}

void Histogram::set(std::span<const std::uint64_t> buckets, double sum) noexcept {
    for (std::size_t i = 0; i < std::min(buckets.size(), buckets_.size()); ++i)
        buckets_[i].store(buckets[i], std::memory_order_relaxed);
    sum_.store(sum, std::memory_order_relaxed);
}

void Histogram::merge(std::span<const std::uint64_t> buckets, double sum) noexcept {
    for (std::size_t i = 0; i < std::min(buckets.size(), buckets_.size()); ++i)
        buckets_[i].fetch_add(buckets[i], std::memory_order_relaxed);
    sum_.fetch_add(sum, std::memory_order_relaxed);
}

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(MetricKind kind, std::string_view name, std::string_view help,
                                 std::span<const double> bounds, MetricLabels labels) {
    std::sort(labels.begin(), labels.end());
    detail::check_metric_name(name, labels, kind);
    auto found = families_.find(name);
    if (found == families_.end()) {
        if (kind == MetricKind::histogram && !std::is_sorted(bounds.begin(), bounds.end()))
            throw Error("metric " + std::string(name) + ": histogram bounds must ascend");
        auto family = std::make_unique<Family>();
        family->kind = kind;
        family->help = help;
        family->bounds.assign(bounds.begin(), bounds.end());
        found = families_.emplace(std::string(name), std::move(family)).first;
    }
    Family& family = *found->second;
    if (family.kind != kind)
        conflict(name, "as a " + std::string(kind_name(family.kind)) + ", and asked for as a " +
                           std::string(kind_name(kind)));
    if (!std::equal(bounds.begin(), bounds.end(), family.bounds.begin(), family.bounds.end()))
        conflict(name, "with other histogram bounds");
    if (!family.series.empty() && !same_names(family.series.begin()->first, labels))
        conflict(name, "with the labels " + detail::label_names(family.series.begin()->first) +
                           ", and asked for with " + detail::label_names(labels));
    if (family.series.size() >= kMaxSeries && !family.series.contains(labels)) {
        for (auto& label : labels) label.second = "other";
    }
    auto& series = family.series[labels];
    if (!series) {
        series = std::make_unique<Series>();
        series->labels = std::move(labels);
        if (kind == MetricKind::histogram)
            series->histogram = std::make_unique<Histogram>(family.bounds);
    }
    return *series;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels) {
    const std::lock_guard lock(mutex_);
    return series(MetricKind::counter, name, help, {}, std::move(labels)).counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
    const std::lock_guard lock(mutex_);
    return series(MetricKind::gauge, name, help, {}, std::move(labels)).gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::span<const double> bounds, MetricLabels labels) {
    const std::lock_guard lock(mutex_);
    return *series(MetricKind::histogram, name, help, bounds, std::move(labels)).histogram;
}

void Metrics::watch(MetricKind kind, std::string_view name, std::string_view help,
                    MetricLabels labels, std::function<double()> value,
                    std::weak_ptr<const void> owner) {
    if (kind == MetricKind::histogram)
        throw Error("metric " + std::string(name) + ": a histogram cannot be watched");
    const std::lock_guard lock(mutex_);
    Series& at = series(kind, name, help, {}, std::move(labels));
    at.watched = std::move(value);
    at.owner = std::move(owner);
}

void Metrics::watch(MetricKind kind, std::string_view name, std::string_view help,
                    MetricLabels labels, std::function<double()> value) {
    if (kind == MetricKind::histogram)
        throw Error("metric " + std::string(name) + ": a histogram cannot be watched");
    const std::lock_guard lock(mutex_);
    Series& at = series(kind, name, help, {}, std::move(labels));
    at.watched = std::move(value);
    at.owner.reset();
}

std::string Metrics::render() const {
    const std::lock_guard lock(mutex_);
    detail::MetricsText text;
    for (const auto& [name, family] : families_) {
        text.family(name, family->help, kind_name(family->kind));
        for (const auto& [labels, series] : family->series) {
            if (series->gone()) continue;
            if (series->watched)
                text.sample(name, labels, series->watched());
            else if (family->kind == MetricKind::counter)
                text.sample(name, labels, series->counter.value());
            else if (family->kind == MetricKind::gauge)
                text.sample(name, labels, series->gauge.value());
            else
                text.histogram(name, labels, *series->histogram);
        }
    }
    return text.take();
}

MetricsDelta Metrics::take_delta() {
    const std::lock_guard lock(mutex_);
    MetricsDelta delta;
    for (const auto& [name, family] : families_) {
        for (const auto& [labels, at] : family->series) {
            if (at->watched) continue;
            MetricsDelta::Series change{name, family->help, family->kind, labels, {}, {}, 0, 0};
            bool changed = false;
            if (family->kind == MetricKind::counter) {
                const std::uint64_t now = at->counter.value();
                change.count = now - std::exchange(at->sent_count, now);
                changed = change.count != 0;
            } else {
                const double sum =
                    family->kind == MetricKind::gauge ? at->gauge.value() : at->histogram->sum();
                change.sum = sum - std::exchange(at->sent_sum, sum);
                changed = change.sum != 0;
            }
            if (family->kind == MetricKind::histogram) {
                change.bounds = family->bounds;
                change.buckets = at->histogram->buckets();
                at->sent_buckets.resize(change.buckets.size());
                for (std::size_t i = 0; i < change.buckets.size(); ++i) {
                    const std::uint64_t now = change.buckets[i];
                    change.buckets[i] -= std::exchange(at->sent_buckets[i], now);
                    changed |= change.buckets[i] != 0;
                }
            }
            if (changed) delta.series.push_back(std::move(change));
        }
    }
    return delta;
}

void Metrics::apply(const MetricsDelta& delta) {
    const std::lock_guard lock(mutex_);
    for (const auto& change : delta.series) {
        Series& at = series(change.kind, change.name, change.help, change.bounds, change.labels);
        if (change.kind == MetricKind::counter)
            at.counter.add(change.count);
        else if (change.kind == MetricKind::gauge)
            at.gauge.add(change.sum);
        else
            at.histogram->merge(change.buckets, change.sum);
    }
}

}  // namespace troika
