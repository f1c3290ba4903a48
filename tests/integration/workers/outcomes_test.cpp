#include "jobs.hpp"
#include "with_processes.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

namespace {

template <typename Pool>
struct OneAtATime;
template <>
struct OneAtATime<ThreadPool> {
    static workers::ThreadPoolOptions options() {
        return {.threads = 1, .queue_limit = 1, .queue_wait = 200ms};
    }
};
template <>
struct OneAtATime<ProcessPool> {
    static ProcessPoolOptions options() {
        return {.processes = 1, .queue_limit = 1, .queue_wait = 200ms};
    }
};

}  // namespace

// One body over both pools: what a caller sees is what is counted.
TEMPLATE_TEST_CASE("each call ends in one outcome, in threads and processes alike", "", ThreadPool,
                   ProcessPool) {
    const TemporaryFolder folder;
    EventLoop loop;
    TestType pool(loop, OneAtATime<TestType>::options());
    loop.run([](TestType& pool, const TemporaryFolder& folder) -> Task<> {
        const std::string release = folder.file("release");
        const auto ended = [&pool](JobOutcome outcome) { return pool.stats().outcomes[outcome]; };
        TaskGroup group("calls");
        std::string first, queued, outcome;
        const auto running = group.spawn(
            "running", tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), first));
        const auto at_work = [&folder] { return !read_file(folder.file("a")).empty(); };
        co_await until(at_work);
        const auto waiting = group.spawn("queued", tell(pool.run(jobs::add_job, 1, 2), queued));
        const auto is_queued = [&pool] { return pool.stats().depth == 1; };
        co_await until(is_queued);
        co_await tell(pool.run(jobs::add_job, 1, 2), outcome);
        CHECK(ended(JobOutcome::queue_full) == 1);
        group.cancel(waiting, CancelReason::client_gone);
        const auto withdrawn = [&ended] { return ended(JobOutcome::withdrawn) == 1; };
        co_await until(withdrawn);
        co_await tell(with_timeout(10ms, pool.run(jobs::add_job, 1, 2)), outcome);
        CHECK(ended(JobOutcome::timed_out) == 1);
        co_await tell(pool.run(jobs::add_job, 1, 2), outcome);
        CHECK(ended(JobOutcome::waited_too_long) == 1);
        CHECK(pool.stats().wait.count() == 4);
        group.cancel(running, CancelReason::client_gone);
        co_await sleep_for(0s);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(ended(JobOutcome::cancelled) == 1);
        co_await tell(pool.run(jobs::fail_job, std::string("no")), outcome);
        CHECK(ended(JobOutcome::threw) == 1);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        CHECK(ended(JobOutcome::finished) == 1);
        co_await pool.stop(StopMode::drain, 10s);
        co_await tell(pool.run(jobs::add_job, 1, 2), outcome);
        CHECK(ended(JobOutcome::stopped) == 1);
        CHECK(pool.stats().outcomes.total() == 8);
        CHECK(pool.stats().submitted == 6);
    }(pool, folder));
}

TEST_CASE("calls that end before they reach the pool have their outcome too") {
    ProcessPoolOptions options{.processes = 1};
    options.max_argument = 1 << 20;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        std::string outcome;
        co_await tell(pool.run(jobs::echo_job, std::string(2 << 20, 'x')), outcome);
        CHECK(outcome.find("max_argument") != std::string::npos);
        CHECK(pool.stats().outcomes[JobOutcome::not_sent] == 1);
        // Too large for a frame, and no descriptor left for a memory file.
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        rlimit none = before;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
        co_await tell(pool.run(jobs::echo_job, std::string(100'000, 'x')), outcome);
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(outcome.find("create a memory file") != std::string::npos);
        CHECK(pool.stats().outcomes[JobOutcome::not_sent] == 2);
        TaskGroup group("calls");
        const auto encoding = group.spawn(
            "large", tell(pool.run(jobs::echo_job, std::string(900'000, 'x')), outcome));
        co_await sleep_for(0s);
        group.cancel(encoding, CancelReason::client_gone);
        co_await group.join();
        CHECK(outcome == "cancelled: client_gone");
        CHECK(pool.stats().outcomes[JobOutcome::withdrawn] == 1);
        CHECK(pool.stats().outcomes.total() == 3);
    });
}

TEST_CASE("a worker stopped before it began costs run time and a kill, in its job as in its pool") {
    ProcessPoolOptions options{.processes = 1};
    options.stop_grace = 20ms;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        ::kill(pool.stats().pids.at(0), SIGSTOP);
        std::string outcome;
        const RunOptions limits{.deadline = 30ms};
        co_await tell(pool.run(limits, jobs::add_job, 40, 2), outcome);
        const auto before = pool.stats().busy_total;
        const auto gone = [&pool] { return pool.stats().kills == 1; };
        co_await until(gone);
        const auto stats = pool.stats();
        CHECK(stats.busy_total >= before);
        CHECK(stats.run.count() == 1);
        CHECK(stats.jobs.at("test.add").kills == 1);
        CHECK(stats.outcomes[JobOutcome::timed_out] == 1);
    });
}
