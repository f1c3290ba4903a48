#include <troika/app/detail/pool_meter.hpp>
#include <troika/workers/remote_error.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace troika::detail {

using workers::Durations;
using workers::JobOutcome;

namespace {
double in_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

double as_double(std::size_t count) { return static_cast<double>(count); }
}  // namespace

void PoolMeter::gauge(const char* name, const char* help, MetricLabels labels, double value) {
    metrics_.gauge(name, help, std::move(labels)).set(value);
}

void PoolMeter::counter(const char* name, const char* help, MetricLabels labels,
                        std::uint64_t value) {
    Counter& counter = metrics_.counter(name, help, std::move(labels));
    if (value > counter.value()) counter.add(value - counter.value());
}

void PoolMeter::histogram(const char* name, const char* help, MetricLabels labels,
                          const Durations& durations) {
    Histogram& histogram = metrics_.histogram(name, help, Durations::kBounds, std::move(labels));
    histogram.set(durations.buckets(), in_seconds(durations.total()));
}

void PoolMeter::outcomes(const char* name, const char* help, const MetricLabels& labels,
                         const workers::JobOutcomes& outcomes, Never never) {
    outcomes.for_each([&](JobOutcome outcome, std::uint64_t calls) {
        if (calls == 0 && never == Never::left_out) return;
        MetricLabels all = labels;
        all.emplace_back("outcome", to_string(outcome));
        counter(name, help, std::move(all), calls);
    });
}

void PoolMeter::collect(const std::string& pool, const workers::ThreadPoolStats& stats) {
    const MetricLabels labels{{"pool", pool}};
    counter("troika_thread_pool_abandoned_total", "Calls whose caller left while they ran.", labels,
            stats.abandoned_total);
    counter("troika_thread_pool_replaced_total", "Threads made because others were abandoned.",
            labels, stats.replaced_total);
    gauge("troika_thread_pool_abandoned", "Threads at work whose caller has left.", labels,
          as_double(stats.abandoned));
    common(pool, stats, stats.threads);
}

// What threads and processes have in common.
template <typename Stats>
void PoolMeter::common(const std::string& pool, const Stats& stats, std::size_t size) {
    const MetricLabels labels{{"pool", pool}};
    gauge("troika_pool_size", "Threads or processes wanted.", labels, as_double(size));
    gauge("troika_pool_busy", "Threads or processes at work.", labels, as_double(stats.busy));
    gauge("troika_pool_queue_depth", "Jobs waiting.", labels, as_double(stats.depth));
    outcomes("troika_pool_jobs_total", "Jobs by how they ended for their callers.", labels,
             stats.outcomes, Never::shown);
    histogram("troika_pool_wait_seconds", "How long jobs waited for a thread or a worker.", labels,
              stats.wait);
    histogram("troika_pool_run_seconds", "How long jobs ran, however they ended.", labels,
              stats.run);
    busy(pool, size, stats.busy_total);
}

void PoolMeter::busy(const std::string& pool, std::size_t size, std::chrono::nanoseconds total) {
    const auto now = clock_.now();
    Before& before = before_[pool];
    const auto passed = now - before.at;
    if (before.known && passed > std::chrono::nanoseconds::zero() && size > 0) {
        const double ratio = in_seconds(total - before.busy) / in_seconds(passed) / as_double(size);
        gauge("troika_pool_busy_ratio", "Part of the pool at work, on average since the last look.",
              {{"pool", pool}}, std::clamp(ratio, 0.0, 1.0));
    }
    before = {true, now, total};
}

void PoolMeter::crashes(const char* name, const char* help, const MetricLabels& labels,
                        const std::map<int, std::uint64_t>& crashes) {
    for (const auto& [signal, count] : crashes) {
        MetricLabels all = labels;
        all.emplace_back("signal", signal == 0 ? "exit" : workers::signal_name(signal));
        counter(name, help, std::move(all), count);
    }
}

void PoolMeter::job(const std::string& pool, const std::string& name,
                    const workers::JobStats& stats, bool suspended) {
    const MetricLabels labels{{"job", name}, {"pool", pool}};
    outcomes("troika_job_outcomes_total", "Jobs of this name by how they ended for their callers.",
             labels, stats.outcomes, Never::left_out);
    crashes("troika_job_crashes_total", "Workers that ended by themselves in a job of this name.",
            labels, stats.crashes);
    counter("troika_job_kills_total", "Workers ended by the server in a job of this name.", labels,
            stats.kills);
    gauge("troika_job_suspended", "1 while the breaker refuses jobs of this name.", labels,
          suspended ? 1 : 0);
    gauge("troika_job_queue_depth", "Jobs of this name that wait.", labels, as_double(stats.depth));
    gauge("troika_job_running", "Jobs of this name at work.", labels, as_double(stats.running));
    histogram("troika_job_wait_seconds", "How long jobs of this name waited for a worker.", labels,
              stats.wait);
    histogram("troika_job_run_seconds", "How long jobs of this name ran, however they ended.",
              labels, stats.run);
}

void PoolMeter::collect(const std::string& pool, const workers::ProcessPoolStats& stats,
                        std::uint64_t resident_memory) {
    const MetricLabels labels{{"pool", pool}};
    common(pool, stats, stats.processes);
    for (const auto& [name, of_job] : stats.jobs) {
        const auto& suspended = stats.suspended_jobs;
        job(pool, name, of_job,
            std::find(suspended.begin(), suspended.end(), name) != suspended.end());
    }
    counter("troika_pool_discarded_total", "Jobs that finished after their caller had left.",
            labels, stats.discarded);
    counter("troika_pool_requeued_total",
            "Jobs given to another worker because theirs ended before it began.", labels,
            stats.requeued);
    counter("troika_worker_mailed_total", "Answers that came through shared memory.", labels,
            stats.mailed);
    gauge("troika_worker_ready", "Worker processes that are idle or at work.", labels,
          as_double(stats.ready));
    gauge("troika_worker_suspended_jobs", "Jobs whose breaker is open.", labels,
          as_double(stats.suspended_jobs.size()));
    gauge("troika_worker_resident_bytes", "Memory of the workers, shared pages counted in each.",
          labels, static_cast<double>(resident_memory));
    for (const auto& [cause, count] : stats.recycled) {
        counter("troika_worker_recycles_total", "Workers that made way for a fresh one.",
                {{"cause", workers::to_string(cause)}, {"pool", pool}}, count);
    }
    crashes("troika_worker_crashes_total",
            "Workers that ended by themselves, in a job or without one.", labels, stats.crashes);
    counter("troika_worker_kills_total", "Workers ended by the server.", labels, stats.kills);
    histogram("troika_worker_birth_seconds",
              "Time from the request for a worker until it is ready.", labels, stats.birth);
    counter("troika_zygote_takeovers_total", "Times a standby became the zygote.", labels,
            stats.takeovers);
}

}  // namespace troika::detail
