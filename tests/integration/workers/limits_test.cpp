#include "bad_jobs.hpp"
#include "jobs.hpp"
#include "with_processes.hpp"

#include <troika/workers/to_process.hpp>

#include <sys/resource.h>

#include <fstream>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a job beyond its memory gets bad_alloc, its caller a clear error, its worker lives on") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const pid_t worker = co_await pool.run(jobs::own_pid_job);
        const RunOptions limited{.max_memory = 64 << 20};
        const auto sum = co_await pool.run(limited, jobs::use_memory_job, 32);
        CHECK(sum == 32);
        std::string outcome;
        co_await tell(pool.run(limited, jobs::endless_memory_job), outcome);
        CHECK(outcome ==
              "job bad.endless_memory: std::bad_alloc: std::bad_alloc: the job may take 67108864 "
              "bytes of memory (max_memory)");
        const auto unlimited = co_await pool.run(jobs::use_memory_job, 100);
        CHECK(unlimited == 100);
        const pid_t same = co_await pool.run(jobs::own_pid_job);
        CHECK(same == worker);
    });
}

TEST_CASE("the pool's memory limit holds for every job, a call's own one instead of it") {
    with_processes({.processes = 1, .max_memory = 32 << 20}, [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::use_memory_job, 100), outcome);
        CHECK(outcome.find("the job may take 33554432 bytes") != std::string::npos);
        const RunOptions wider{.max_memory = 200 << 20};
        const auto sum = co_await troika::to_process(wider, jobs::use_memory_job, 100);
        CHECK(sum == 100);
    });
}
#endif

TEST_CASE("a job has no more descriptors than it may, and the next one has all again") {
    with_processes({.processes = 1, .max_open_files = 64}, [](ProcessPool& pool) -> Task<> {
        const int pools = co_await pool.run(jobs::open_files_job, 200);
        CHECK(pools == 60);
        const RunOptions few{.max_open_files = 10};
        const int own = co_await pool.run(few, jobs::open_files_job, 200);
        CHECK(own == 6);
        const int again = co_await pool.run(jobs::open_files_job, 200);
        CHECK(again == 60);
    });
}

TEST_CASE("piscina#869: queue time and run time are limited apart, each by its call", "[peers]") {
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string first, patient, hasty, late;
        group.spawn("first",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), first));
        // The run time of this one does not begin while it waits.
        const RunOptions short_run{.deadline = 2s, .queue_wait = 20s};
        group.spawn("patient", tell(pool.run(short_run, jobs::add_job, 1, 2), patient));
        const RunOptions short_wait{.queue_wait = 30ms};
        group.spawn("hasty", tell(pool.run(short_wait, jobs::add_job, 1, 2), hasty));
        const auto refused = [&hasty] { return !hasty.empty(); };
        co_await until(refused);
        CHECK(hasty == "process pool processes: no worker was free in 30 ms");
        CHECK(patient.empty());
        CHECK(pool.stats().jobs.at("test.add").outcomes[JobOutcome::waited_too_long] == 1);
        CHECK(pool.stats().jobs.at("test.add").depth == 1);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(first == "finished");
        CHECK(patient == "finished");
        const RunOptions limited{.deadline = 30ms};
        co_await tell(pool.run(limited, jobs::loop_forever_job), late);
        CHECK(late == "job test.loop_forever: not finished in 30 ms");
        const auto stats = pool.stats().jobs.at("test.loop_forever");
        CHECK(stats.outcomes[JobOutcome::timed_out] == 1);
    });
}

TEST_CASE(
    "a worker runs below its server: niceness, batch scheduling, first for the memory killer") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const pid_t worker = co_await pool.run(jobs::own_pid_job);
        CHECK(::sched_getscheduler(worker) == SCHED_BATCH);
        CHECK(::sched_getscheduler(0) == SCHED_OTHER);
        CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(worker)) ==
              std::min(19, ::getpriority(PRIO_PROCESS, 0) + 5));
        CHECK(::getpgid(worker) == worker);
        CHECK(::getsid(worker) == ::getsid(0));
        int own = 0, workers = 0;
        std::ifstream("/proc/self/oom_score_adj") >> own;
        std::ifstream("/proc/" + std::to_string(worker) + "/oom_score_adj") >> workers;
        CHECK(workers == std::min(1000, own + 500));
    });
}

TEST_CASE("what became of the jobs of one name is counted under it") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        std::string outcome;
        for (int i = 0; i < 3; ++i) co_await tell(pool.run(jobs::add_job, 1, i), outcome);
        co_await tell(pool.run(jobs::fail_job, std::string("no")), outcome);
        co_await tell(pool.run(jobs::kill_self_job, SIGSEGV), outcome);
        const auto stats = pool.stats();
        const auto& add = stats.jobs.at("test.add");
        CHECK(add.submitted == 3);
        CHECK(add.outcomes[JobOutcome::finished] == 3);
        CHECK(add.outcomes.total() == 3);
        CHECK(add.running == 0);
        CHECK(add.run.count() == 3);
        CHECK(add.run.total() > 0ns);
        CHECK(stats.jobs.at("test.fail").outcomes[JobOutcome::threw] == 1);
        const auto& kill_self = stats.jobs.at("test.kill_self");
        CHECK(kill_self.outcomes[JobOutcome::died] == 1);
        CHECK(kill_self.outcomes.total() == 1);
        CHECK(kill_self.crashes == std::map<int, std::uint64_t>{{SIGSEGV, 1}});
        CHECK(kill_self.kills == 0);
        CHECK(stats.outcomes.total() == 5);
        CHECK(stats.submitted == 5);
        CHECK(stats.run.count() == 5);
        CHECK(stats.busy_total == stats.run.total());
        CHECK(pool.resident_memory() == 0);  // its worker is gone, the next not yet ready
        co_await pool.wait_ready();
        CHECK(pool.resident_memory() > (1 << 20));
    });
}
