#include <troika/app/detail/pool_meter.hpp>

#include <catch2/catch.hpp>

#include <csignal>

using namespace troika;
using namespace std::chrono_literals;

namespace {
bool has(const Metrics& metrics, const std::string& line) {
    return metrics.render().find("\n" + line + "\n") != std::string::npos;
}
}  // namespace

TEST_CASE("a thread pool's stats become gauges, and counters that only grow") {
    Metrics metrics;
    detail::PoolMeter meter(metrics);
    workers::ThreadPoolStats stats;
    stats.threads = 4;
    stats.busy = 2;
    stats.depth = 5;
    stats.abandoned = 1;
    stats.outcomes.count(JobOutcome::finished, 10);
    stats.outcomes.count(JobOutcome::queue_full, 3);
    stats.wait.add(1s);
    stats.wait.add(500ms);
    stats.wait.add(2min);
    meter.collect("threads", stats);
    meter.collect("threads", stats);
    CHECK(has(metrics, "troika_pool_size{pool=\"threads\"} 4"));
    CHECK(has(metrics, "troika_pool_busy{pool=\"threads\"} 2"));
    CHECK(has(metrics, "troika_pool_queue_depth{pool=\"threads\"} 5"));
    CHECK(has(metrics, "troika_thread_pool_abandoned{pool=\"threads\"} 1"));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"finished\",pool=\"threads\"} 10"));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"queue_full\",pool=\"threads\"} 3"));
    CHECK(has(metrics, "troika_pool_wait_seconds_bucket{pool=\"threads\",le=\"0.1\"} 0"));
    CHECK(has(metrics, "troika_pool_wait_seconds_bucket{pool=\"threads\",le=\"0.5\"} 1"));
    CHECK(has(metrics, "troika_pool_wait_seconds_bucket{pool=\"threads\",le=\"60\"} 2"));
    CHECK(has(metrics, "troika_pool_wait_seconds_bucket{pool=\"threads\",le=\"+Inf\"} 3"));
    CHECK(has(metrics, "troika_pool_wait_seconds_sum{pool=\"threads\"} 121.5"));
    CHECK(has(metrics, "troika_pool_run_seconds_count{pool=\"threads\"} 0"));
    stats.outcomes.count(JobOutcome::finished, 2);
    stats.wait.add(1s);
    stats.busy = 0;
    meter.collect("threads", stats);
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"finished\",pool=\"threads\"} 12"));
    CHECK(has(metrics, "troika_pool_busy{pool=\"threads\"} 0"));
    CHECK(has(metrics, "troika_pool_wait_seconds_bucket{pool=\"threads\",le=\"+Inf\"} 4"));
    CHECK(has(metrics, "troika_pool_wait_seconds_sum{pool=\"threads\"} 122.5"));
}

TEST_CASE("a process pool's jobs that threw are no finished ones, and crashes name their signal") {
    Metrics metrics;
    detail::PoolMeter meter(metrics);
    workers::ProcessPoolStats stats;
    stats.processes = 2;
    stats.ready = 1;
    stats.outcomes.count(JobOutcome::finished, 6);
    stats.outcomes.count(JobOutcome::threw, 4);
    stats.outcomes.count(JobOutcome::timed_out, 2);
    stats.mailed = 5;
    stats.crashes = {{SIGSEGV, 3}, {0, 1}};
    stats.suspended_jobs = {"a", "b"};
    stats.birth.add(3ms);
    stats.birth.add(4ms);
    stats.takeovers = 1;
    stats.recycled = {{workers::RecycleCause::memory, 3}};
    workers::JobStats& digest = stats.jobs["digest"];
    digest.depth = 2;
    digest.running = 1;
    digest.outcomes.count(JobOutcome::finished, 4);
    digest.outcomes.count(JobOutcome::died, 2);
    digest.crashes = {{SIGABRT, 2}};
    digest.run.add(40s);
    stats.jobs["b"];
    meter.collect("cpu", stats, 4096);
    CHECK(has(metrics, "troika_worker_recycles_total{cause=\"memory\",pool=\"cpu\"} 3"));
    CHECK(has(metrics, "troika_worker_resident_bytes{pool=\"cpu\"} 4096"));
    const std::string job = "{job=\"digest\",outcome=\"";
    CHECK(has(metrics, "troika_job_outcomes_total" + job + "finished\",pool=\"cpu\"} 4"));
    CHECK(has(metrics, "troika_job_outcomes_total" + job + "died\",pool=\"cpu\"} 2"));
    CHECK(has(metrics, "troika_job_queue_depth{job=\"digest\",pool=\"cpu\"} 2"));
    CHECK(has(metrics, "troika_worker_ready{pool=\"cpu\"} 1"));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"finished\",pool=\"cpu\"} 6"));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"threw\",pool=\"cpu\"} 4"));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"timed_out\",pool=\"cpu\"} 2"));
    CHECK(has(metrics, "troika_worker_crashes_total{pool=\"cpu\",signal=\"SIGSEGV\"} 3"));
    CHECK(has(metrics, "troika_worker_crashes_total{pool=\"cpu\",signal=\"exit\"} 1"));
    CHECK(has(metrics, "troika_worker_suspended_jobs{pool=\"cpu\"} 2"));
    CHECK(has(metrics, "troika_worker_birth_seconds_count{pool=\"cpu\"} 2"));
    CHECK(has(metrics, "troika_worker_birth_seconds_sum{pool=\"cpu\"} 0.007"));
    CHECK(has(metrics, "troika_worker_mailed_total{pool=\"cpu\"} 5"));
    CHECK(
        has(metrics, "troika_job_crashes_total{job=\"digest\",pool=\"cpu\",signal=\"SIGABRT\"} 2"));
    CHECK(has(metrics, "troika_job_run_seconds_sum{job=\"digest\",pool=\"cpu\"} 40"));
    CHECK(has(metrics, "troika_job_suspended{job=\"digest\",pool=\"cpu\"} 0"));
    CHECK(has(metrics, "troika_job_suspended{job=\"b\",pool=\"cpu\"} 1"));
    CHECK(has(metrics, "troika_zygote_takeovers_total{pool=\"cpu\"} 1"));
}

TEST_CASE("the busy ratio is the part of a pool at work since the last look") {
    struct Hand final : Clock {
        TimePoint now() const noexcept override { return time; }
        TimePoint time{};
    } clock;
    Metrics metrics;
    detail::PoolMeter meter(metrics, clock);
    workers::ProcessPoolStats stats;
    stats.processes = 2;
    stats.busy_total = 5s;
    meter.collect("cpu", stats, 0);
    CHECK(metrics.render().find("troika_pool_busy_ratio") == std::string::npos);
    clock.time += 10s;
    stats.busy_total += 5s;
    meter.collect("cpu", stats, 0);
    CHECK(has(metrics, "troika_pool_busy_ratio{pool=\"cpu\"} 0.25"));
}

TEST_CASE("sums of histograms never shrink, and what never happened to a pool is 0") {
    Metrics metrics;
    detail::PoolMeter meter(metrics);
    workers::ThreadPoolStats stats;
    Histogram& histogram =
        metrics.histogram("troika_pool_run_seconds", "How long jobs ran, however they ended.",
                          workers::Durations::kBounds, {{"pool", "threads"}});
    double before = 0;
    for (int i = 0; i < 5000; ++i) {
        if (i % 2 == 0) stats.run.add(std::chrono::nanoseconds(1'000'003 * (i % 977)));
        meter.collect("threads", stats);
        const double now = histogram.sum();
        CHECK(now >= before);
        before = now;
    }
    CHECK(before == Approx(std::chrono::duration<double>(stats.run.total()).count()));
    CHECK(has(metrics, "troika_pool_jobs_total{outcome=\"died\",pool=\"threads\"} 0"));
}
