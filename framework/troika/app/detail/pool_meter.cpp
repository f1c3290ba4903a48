#include <troika/app/detail/pool_meter.hpp>
#include <troika/workers/remote_error.hpp>

#include <algorithm>
#include <chrono>

namespace troika::detail {

namespace {
double in_seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}
}  // namespace

void PoolMeter::gauge(const char* name, const char* help, const std::string& pool, double value) {
    metrics_.gauge(name, help, {{"pool", pool}}).set(value);
}

void PoolMeter::counter(const char* name, const char* help, MetricLabels labels,
                        std::uint64_t value) {
    Counter& counter = metrics_.counter(name, help, std::move(labels));
    if (value > counter.value()) counter.add(value - counter.value());
}

void PoolMeter::outcomes(const std::string& pool, const char* outcome, std::uint64_t value) {
    counter("troika_pool_jobs_total", "Jobs by how they ended.",
            {{"outcome", outcome}, {"pool", pool}}, value);
}

void PoolMeter::seconds(const std::string& pool, const char* what, double value) {
    metrics_
        .gauge("troika_pool_job_seconds", "Time jobs spent, over all jobs.",
               {{"phase", what}, {"pool", pool}})
        .set(value);
}

void PoolMeter::collect(const std::string& pool, const workers::ThreadPoolStats& stats) {
    busy(pool, stats.threads, stats.busy_total);
    counter("troika_thread_pool_abandoned_total", "Calls whose caller left while they ran.",
            {{"pool", pool}}, stats.abandoned_total);
    counter("troika_thread_pool_replaced_total", "Threads made because others were abandoned.",
            {{"pool", pool}}, stats.replaced_total);
    gauge("troika_pool_size", "Threads or processes wanted.", pool,
          static_cast<double>(stats.threads));
    gauge("troika_pool_busy", "Threads or processes at work.", pool,
          static_cast<double>(stats.busy));
    gauge("troika_pool_queue_depth", "Jobs waiting.", pool, static_cast<double>(stats.depth));
    gauge("troika_thread_pool_abandoned", "Threads at work whose caller has left.", pool,
          static_cast<double>(stats.abandoned));
    outcomes(pool, "finished", stats.finished);
    outcomes(pool, "queue_full", stats.rejected);
    outcomes(pool, "waited_too_long", stats.expired);
    outcomes(pool, "withdrawn", stats.withdrawn);
    seconds(pool, "wait", in_seconds(stats.wait_total));
    seconds(pool, "run", in_seconds(stats.run_total));
}

void PoolMeter::busy(const std::string& pool, std::size_t size, std::chrono::nanoseconds total) {
    const auto now = clock_.now();
    Before& before = before_[pool];
    const auto passed = now - before.at;
    if (before.known && passed > std::chrono::nanoseconds::zero() && size > 0) {
        const double ratio =
            in_seconds(total - before.busy) / in_seconds(passed) / static_cast<double>(size);
        gauge("troika_pool_busy_ratio", "Part of the pool at work, on average since the last look.",
              pool, std::clamp(ratio, 0.0, 1.0));
    }
    before = {true, now, total};
}

void PoolMeter::jobs(const std::string& pool, const workers::ProcessPoolStats& stats) {
    for (const auto& [name, job] : stats.jobs) {
        const auto count = [&, &name = name](const char* outcome, std::uint64_t value) {
            if (value == 0) return;
            counter("troika_job_outcomes_total", "Jobs of this name by how they ended.",
                    {{"job", name}, {"outcome", outcome}, {"pool", pool}}, value);
        };
        const auto set = [&, &name = name](const char* metric, const char* help, double value) {
            metrics_.gauge(metric, help, {{"job", name}, {"pool", pool}}).set(value);
        };
        count("finished", job.finished - job.failed);
        count("threw", job.failed);
        count("refused", job.refused);
        count("withdrawn", job.withdrawn);
        count("discarded", job.discarded);
        count("timed_out", job.timed_out);
        count("died", job.died);
        set("troika_job_queue_depth", "Jobs of this name that wait.",
            static_cast<double>(job.depth));
        set("troika_job_running", "Jobs of this name at work.", static_cast<double>(job.running));
        set("troika_job_wait_seconds", "Time jobs of this name waited, over all of them.",
            in_seconds(job.wait_total));
        set("troika_job_run_seconds", "Time jobs of this name ran, over all of them.",
            in_seconds(job.run_total));
    }
}

void PoolMeter::collect(const std::string& pool, const workers::ProcessPoolStats& stats,
                        std::uint64_t resident_memory) {
    busy(pool, stats.processes, stats.busy_total);
    jobs(pool, stats);
    gauge("troika_worker_resident_bytes", "Memory of the workers, shared pages counted in each.",
          pool, static_cast<double>(resident_memory));
    for (const auto& [cause, count] : stats.recycled) {
        counter("troika_worker_recycles_total", "Workers that made way for a fresh one.",
                {{"cause", workers::to_string(cause)}, {"pool", pool}}, count);
    }
    gauge("troika_pool_size", "Threads or processes wanted.", pool,
          static_cast<double>(stats.processes));
    gauge("troika_pool_busy", "Threads or processes at work.", pool,
          static_cast<double>(stats.busy));
    gauge("troika_pool_queue_depth", "Jobs waiting.", pool, static_cast<double>(stats.depth));
    gauge("troika_worker_ready", "Worker processes that are idle or at work.", pool,
          static_cast<double>(stats.ready));
    gauge("troika_worker_suspended_jobs", "Jobs whose breaker is open.", pool,
          static_cast<double>(stats.suspended_jobs.size()));
    outcomes(pool, "finished", stats.finished - stats.failed);
    outcomes(pool, "threw", stats.failed);
    outcomes(pool, "refused", stats.rejected);
    outcomes(pool, "waited_too_long", stats.expired);
    outcomes(pool, "withdrawn", stats.withdrawn);
    outcomes(pool, "timed_out", stats.timed_out);
    outcomes(pool, "discarded", stats.discarded);
    seconds(pool, "wait", in_seconds(stats.wait_total));
    seconds(pool, "run", in_seconds(stats.run_total));
    for (const auto& [signal, count] : stats.crashes) {
        const std::string name = signal == 0 ? "exit" : workers::signal_name(signal);
        counter("troika_worker_crashes_total",
                "Workers that ended by themselves, in a job or without one.",
                {{"pool", pool}, {"signal", name}}, count);
    }
    counter("troika_worker_kills_total", "Workers ended by the server.", {{"pool", pool}},
            stats.kills);
    counter("troika_worker_births_total", "Workers that became ready.", {{"pool", pool}},
            stats.births);
    metrics_
        .gauge("troika_worker_birth_seconds", "Time from request to ready, over all births.",
               {{"pool", pool}})
        .set(in_seconds(stats.birth_total));
    counter("troika_zygote_takeovers_total", "Times a standby became the zygote.", {{"pool", pool}},
            stats.takeovers);
}

}  // namespace troika::detail
