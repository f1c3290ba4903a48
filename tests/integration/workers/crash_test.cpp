#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

namespace {

constexpr int kPlenty = 12;  // more workers than it takes deaths to suspend a job

Task<> until_passed(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    const auto passed = [end] { return std::chrono::steady_clock::now() >= end; };
    co_await until(passed);
}

// Runs kill_or_hang_job to its suspension, and waits until it may be tried again.
Task<> suspend_job(ProcessPool& pool) {
    co_await pool.wait_ready();
    std::string outcome;
    for (int i = 0; i < 10; ++i) co_await tell(pool.run(jobs::kill_or_hang_job, SIGSEGV), outcome);
    const auto suspended = pool.stats().suspended_jobs;
    REQUIRE(suspended == std::vector<std::string>{"test.kill_or_hang"});
    co_await until_passed(1100ms);
    co_await pool.wait_ready();
}

}  // namespace

TEST_CASE("a job meant for a worker that has just died goes to the next, and is counted once") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.run(jobs::add_job, 1, 2);
        const pid_t pid = pool.stats().pids.at(0);
        ::kill(pid, SIGKILL);
        // The loop stands still meanwhile, so the pool does not know it yet.
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        const auto job = pool.stats().jobs.at("test.add");
        CHECK(job.running == 0);
        CHECK(job.submitted == 2);
        CHECK(job.outcomes[JobOutcome::finished] == 2);
        CHECK(job.outcomes.total() == 2);
        CHECK(job.crashes.empty());
    });
}

TEST_CASE(
    "a worker that crashes in the grace after its deadline has crashed, and the log says so") {
    const LogLines lines;
    ProcessPoolOptions options{.processes = 1};
    options.stop_grace = 10s;
    with_processes(std::move(options), [&lines](ProcessPool& pool) -> Task<> {
        std::string outcome;
        const RunOptions limits{.deadline = 20ms};
        co_await tell(pool.run(limits, jobs::loop_then_crash_job), outcome);
        CHECK(outcome == "job test.loop_then_crash: not finished in 20 ms");
        CHECK(lines.count("warning jobs passed their deadline") == 1);
        CHECK(lines.count("last=job test.loop_then_crash: not finished in 20 ms") == 1);
        const auto counted = [&pool] { return pool.stats().crashes[SIGSEGV] == 1; };
        co_await until(counted);
        const auto job = pool.stats().jobs.at("test.loop_then_crash");
        CHECK(job.crashes.at(SIGSEGV) == 1);
        CHECK(job.outcomes[JobOutcome::timed_out] == 1);
        CHECK(job.outcomes.total() == 1);
        CHECK(pool.stats().kills == 0);
        CHECK(lines.count("warning a worker died in a job that was given up") == 1);
        CHECK(lines.count("job=test.loop_then_crash reason=SIGSEGV") == 1);
    });
}

TEST_CASE("kill -9 in the middle of a job fails that job alone and the worker is replaced") {
    const TemporaryFolder folder;
    with_processes({.processes = 2}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string victim, other;
        group.spawn("victim",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), victim));
        const auto victim_runs = [&folder] { return !read_file(folder.file("a")).empty(); };
        co_await until(victim_runs);
        group.spawn("other",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("b"), release), other));
        const auto other_runs = [&folder] { return !read_file(folder.file("b")).empty(); };
        co_await until(other_runs);
        const pid_t pid = std::stoi(read_file(folder.file("a")));
        ::kill(pid, SIGKILL);
        const auto told = [&victim] { return !victim.empty(); };
        co_await until(told);
        const std::string expected = "job test.wait_for_file: worker " + std::to_string(pid) +
                                     " died: SIGKILL: perhaps out of memory (user ";
        CHECK(victim.substr(0, expected.size()) == expected);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(other == "finished");
        co_await pool.wait_ready();
        CHECK(pool.stats().ready == 2);
        CHECK(pool.stats().births() == 3);
        CHECK(pool.stats().crashes.at(SIGKILL) == 1);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("every way a job can end its process is named in the caller's error") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        for (const auto& [signal, name] :
             {std::pair(SIGSEGV, "SIGSEGV"), std::pair(SIGABRT, "SIGABRT")}) {
            co_await tell(pool.run(jobs::kill_self_job, signal), outcome);
            CHECK(outcome.find(std::string("died: ") + name + " (") != std::string::npos);
        }
        co_await tell(pool.run(jobs::exit_job, 0), outcome);
        CHECK(outcome.find("died: exited with status 0") != std::string::npos);
        co_await tell(pool.run(jobs::close_everything_job), outcome);
        CHECK(outcome.find("it closed its channel and was killed") != std::string::npos);
        co_await tell(pool.run(jobs::write_garbage_job), outcome);
        CHECK(outcome.find("it sent a message shorter than a frame and was killed") !=
              std::string::npos);
        co_await tell(pool.run(jobs::answer_for_another_job), outcome);
        CHECK(outcome.find("it answered a job it was not given and was killed") !=
              std::string::npos);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a job whose worker dies before it started is run by another one") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const pid_t first = co_await pool.run(jobs::own_pid_job);
        ::kill(first, SIGSTOP);
        TaskGroup group("jobs");
        pid_t second = 0;
        group.spawn("job", [](ProcessPool& pool, pid_t& pid) -> Task<> {
            pid = co_await pool.run(jobs::own_pid_job);
        }(pool, second));
        const auto sent = [&pool] { return pool.stats().busy == 1; };
        co_await until(sent);
        ::kill(first, SIGKILL);
        co_await group.join();
        CHECK(second > 0);
        CHECK(second != first);
        CHECK(pool.stats().requeued == 1);
    });
}

#if !defined(__SANITIZE_THREAD__)  // it holds the signal back while the worker waits in recvmsg
TEST_CASE("a job that met one leaving worker after another is run by the first that stays") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const pid_t first = co_await pool.run(jobs::own_pid_job);  // and the next job's, too
        const auto pids = pool.stats().pids;
        const pid_t second = pids.at(0) == first ? pids.at(1) : pids.at(0);
        for (const pid_t pid : pids) ::kill(pid, SIGSTOP);
        TaskGroup group("jobs");
        int sum = 0;
        const auto add = [&]() -> Task<> { sum = co_await pool.run(jobs::add_job, 40, 2); };
        group.spawn("job", add());
        co_await sleep_for(0s);
        // The job is in its channel, and it meets the signal first.
        std::uint64_t times = 0;
        for (const pid_t pid : {first, second}) {
            ::kill(pid, SIGTERM);
            ::kill(pid, SIGCONT);
            ++times;
            const auto requeued = [&pool, times] { return pool.stats().requeued == times; };
            co_await until(requeued);
        }
        co_await group.join();
        CHECK(sum == 42);
        CHECK(pool.stats().crashes.empty());
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("SIGTERM lets an idle worker leave and a busy one finish; neither is a crash") {
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&folder](ProcessPool& pool) -> Task<> {
        const pid_t first = co_await pool.run(jobs::own_pid_job);
        ::kill(first, SIGTERM);
        const auto replaced = [&pool] { return pool.stats().births() == 2; };
        co_await until(replaced);
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string outcome;
        group.spawn("busy",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("a"), release), outcome));
        const auto runs = [&folder] { return !read_file(folder.file("a")).empty(); };
        co_await until(runs);
        const pid_t second = std::stoi(read_file(folder.file("a")));
        ::kill(second, SIGTERM);
        ::kill(second, SIGINT);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(outcome == "finished");
        const auto replaced_again = [&pool] { return pool.stats().births() == 3; };
        co_await until(replaced_again);
        CHECK(pool.stats().crashes.empty());
    });
}
#endif

TEST_CASE("after thirty kills in a row the pool answers again") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        for (int i = 0; i < 30; ++i) {
            const auto pids = pool.stats().pids;
            if (!pids.empty()) ::kill(pids[0], SIGKILL);
            co_await sleep_for(20ms);
        }
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        CHECK(pool.stats().crashes.at(SIGKILL) >= 4);
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a job that keeps killing its worker is suspended while other jobs go on", "[slow]") {
    const LogLines lines;
    with_processes({.processes = 4}, [&lines](ProcessPool& pool) -> Task<> {
        std::string outcome;
        for (int i = 0; i < 10; ++i) co_await tell(pool.run(jobs::kill_self_job, SIGSEGV), outcome);
        co_await tell(pool.run(jobs::kill_self_job, SIGSEGV), outcome);
        CHECK(outcome ==
              "job test.kill_self is suspended: it has killed its worker again and again");
        const auto suspended = pool.stats().suspended_jobs;
        CHECK(suspended == std::vector<std::string>{"test.kill_self"});
        CHECK(pool.stats().outcomes[JobOutcome::suspended] == 1);
        CHECK(lines.count("error a job is suspended") == 1);
        CHECK(lines.count("job=test.kill_self pool=processes deaths=10 seconds=1") == 1);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
    });
}

TEST_CASE("a suspended job's try that expires in the queue leaves the next call its try",
          "[slow]") {
    const TemporaryFolder folder;
    with_processes(
        {.processes = kPlenty, .queue_wait = 300ms}, [&folder](ProcessPool& pool) -> Task<> {
            co_await suspend_job(pool);
            const std::string release = folder.file("release");
            TaskGroup group("jobs");
            for (int i = 0; i < kPlenty; ++i) {
                const std::string started = folder.file(std::to_string(i));
                group.spawn(
                    "busy",
                    [](ProcessPool& pool, std::string started, std::string release) -> Task<> {
                        co_await pool.run(jobs::wait_for_file_job, started, release);
                    }(pool, started, release));
            }
            const auto all_busy = [&pool] { return pool.stats().busy == kPlenty; };
            co_await until(all_busy);
            std::string outcome;
            co_await tell(pool.run(jobs::kill_or_hang_job, -1), outcome);
            CHECK(outcome.find("no worker was free in 300 ms") != std::string::npos);
            ::close(::creat(release.c_str(), 0600));
            co_await group.join();
            co_await tell(pool.run(jobs::kill_or_hang_job, -1), outcome);
            CHECK(outcome == "finished");
            CHECK(pool.stats().suspended_jobs.empty());
        });
}

TEST_CASE("a suspended job's try that is killed at its deadline is a death: another one follows",
          "[slow]") {
    const LogLines lines;
    with_processes({.processes = kPlenty, .job_deadline = 1500ms, .stop_grace = 100ms},
                   [&lines](ProcessPool& pool) -> Task<> {
                       co_await suspend_job(pool);
                       std::string outcome;
                       co_await tell(pool.run(jobs::kill_or_hang_job, 0), outcome);
                       CHECK(outcome.find("not finished in 1500 ms") != std::string::npos);
                       const auto gone = [&pool] {
                           return pool.stats().kills == 1 && pool.stats().busy == 0;
                       };
                       co_await until(gone);
                       co_await tell(pool.run(jobs::kill_or_hang_job, -1), outcome);
                       CHECK(outcome.find("is suspended") != std::string::npos);
                       co_await until_passed(2100ms);  // twice as long as the first pause
                       co_await tell(pool.run(jobs::kill_or_hang_job, -1), outcome);
                       CHECK(outcome == "finished");
                       CHECK(lines.count("error a job is suspended") == 2);
                       CHECK(lines.count("info a job is no longer suspended") == 1);
                   });
}

TEST_CASE("cpython#82265: one crash among a hundred mapped items costs one error", "[peers]") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        std::vector<int> codes(100, -1);
        codes[40] = SIGKILL;
        const auto settled = co_await pool.map_settled(codes, jobs::kill_if_positive_job);
        const auto values = std::count_if(settled.begin(), settled.end(),
                                          [](const auto& one) { return bool(one); });
        CHECK(values == 99);
        CHECK_FALSE(settled.at(40));
    });
}

TEST_CASE("a pool whose workers cannot start says why, and recovers nothing by burning CPU") {
    ProcessPoolOptions options{.processes = 1};
    options.worker_start.push_back(worker_start(&jobs::refuse_to_start));
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        const auto hopeless = [&pool] {
            const auto reason = pool.not_ready();
            return reason && reason->find("5 workers in a row") != std::string::npos;
        };
        co_await until(hopeless);
        CHECK(pool.not_ready()->find("the database is down") != std::string::npos);
        CHECK(pool.stats().births() == 0);
        CHECK(pool.stats().crashes.at(0) < 8);
    });
    CHECK(zombies() == std::vector<std::string>());
}
