#include "bad_jobs.hpp"
#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

TEST_CASE("what a job prints is in the log with its name before its caller goes on") {
    const LogLines lines;
    with_processes({.processes = 1}, [&lines](ProcessPool& pool) -> Task<> {
        const pid_t worker = co_await pool.run(jobs::own_pid_job);
        co_await pool.run(jobs::print_job, std::string("one\ntwo\n"), std::string("oh no\n"));
        const std::string who = " job=bad.print worker=" + std::to_string(worker);
        CHECK(lines.count("info a worker wrote to stdout line=one" + who) == 1);
        CHECK(lines.count("info a worker wrote to stdout line=two" + who) == 1);
        CHECK(lines.count("warning a worker wrote to stderr line=oh no" + who) == 1);
        co_await pool.run(jobs::add_job, 1, 2);
        CHECK(lines.count("a worker wrote") == 3);
    });
}

TEST_CASE("a running job's lines come at once") {
    const LogLines lines;
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&lines, &folder](ProcessPool& pool) -> Task<> {
        TaskGroup group("jobs");
        std::string outcome;
        const std::string release = folder.file("release");
        group.spawn("job", tell(pool.run(jobs::print_and_wait_job, std::string("here\n"), release),
                                outcome));
        const auto there = [&lines] {
            return lines.count("line=here job=bad.print_and_wait") == 1;
        };
        co_await until(there);
        CHECK(outcome.empty());
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
    });
}

TEST_CASE("a line that a job does not end is its own, read early or late, and not the next job's") {
    const LogLines lines;
    const TemporaryFolder folder;
    with_processes({.processes = 1}, [&lines, &folder](ProcessPool& pool) -> Task<> {
        co_await pool.run(jobs::print_job, std::string("cut"), std::string("short"));
        CHECK(lines.count("info a worker wrote to stdout line=cut job=bad.print") == 1);
        CHECK(lines.count("warning a worker wrote to stderr line=short job=bad.print") == 1);
        // Its beginning is read while the job runs, so nothing is left to be read at its end.
        TaskGroup group("jobs");
        std::string outcome;
        const std::string release = folder.file("release");
        group.spawn(
            "job",
            tell(pool.run(jobs::print_and_wait_job, std::string("whole\nhalf"), release), outcome));
        const auto there = [&lines] { return lines.count("line=whole") == 1; };
        co_await until(there);
        CHECK(lines.count("line=half") == 0);
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(lines.count("line=half job=bad.print_and_wait") == 1);
        co_await pool.run(jobs::print_job, std::string("next\n"), std::string());
        CHECK(lines.count("line=next job=bad.print ") == 1);
    });
}

TEST_CASE("the last words of a job that kills its worker are in the log") {
    const LogLines lines;
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::print_and_abort_job, std::string("assertion failed")),
                      outcome);
        CHECK(outcome.find("SIGABRT") != std::string::npos);
    });
    CHECK(lines.count("warning a worker wrote to stderr line=assertion failed "
                      "job=bad.print_and_abort") == 1);
}

TEST_CASE("a job that prints without end fills neither the log nor the loop") {
    const LogLines lines;
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.run(jobs::print_many_job, 50'000);
        const int sum = co_await pool.run(jobs::add_job, 1, 2);
        CHECK(sum == 3);
    });
    CHECK(lines.count("line=line 0 ") == 1);
    CHECK(lines.count("line=line ") <= 1000);
    CHECK(lines.count("more lines of this second are left out") >= 1);
}
