#include "jobs.hpp"
#include "temporary_folder.hpp"
#include "with_processes.hpp"

#include <troika/workers/to_thread.hpp>

#include <csignal>
#include <latch>
#include <stop_token>

// A deadline reaches thread and process jobs. What lies above them is in
// tests/unit/async/deadline_scope_test.cpp, on virtual time; jobs need the real one.

using namespace troika;
using namespace troika::testing;
using namespace std::chrono_literals;

namespace {

// Returns once it is asked to stop.
void wait_for_stop(std::stop_token stop, int) {
    std::latch asked{1};
    const std::stop_callback tell_latch(stop, [&asked] { asked.count_down(); });
    asked.wait();
}

}  // namespace

TEST_CASE("an absolute deadline asks a running thread to stop, and is the one that tells") {
    with_processes({.processes = 1}, [](ProcessPool&) -> Task<> {
        const auto patient = []() -> Task<> {
            const bool in_time = co_await move_on_after(1h, to_thread(wait_for_stop, 1));
            CHECK(in_time);  // not reached: it is not the inner limit that passes
        };
        std::string outcome;
        const auto when = current_scope()->loop().now() + 20ms;
        co_await tell(with_deadline(when, patient()), outcome);
        CHECK_THAT(outcome, Catch::StartsWith("main: not finished within"));
    });
}

TEST_CASE("thread and process jobs share one deadline; an inner one that is late ends its job") {
    const TemporaryFolder folder;
    const std::string path = folder.file("polite");
    with_processes({.processes = 1}, [&](ProcessPool& pool) -> Task<> {
        DeadlineScope limit(1h);
        const auto late = [&]() -> Task<std::string> {
            std::string outcome;
            co_await tell(with_timeout(30ms, pool.run(jobs::loop_politely_job, path)), outcome);
            co_return outcome;
        };
        const auto one = [] { return 1; };
        const int sum = co_await limit.run(pool.run(jobs::add_job, 2, 3));
        const int from_thread = co_await limit.run(to_thread(one));
        const std::string outcome = co_await limit.run(late());
        CHECK(sum + from_thread == 6);
        CHECK(outcome == "main: not finished within 30 ms");
        CHECK_FALSE(limit.expired());
        const int after = co_await limit.run(pool.run(jobs::add_job, 1, 1));  // by the same worker
        CHECK(after == 2);
        CHECK(pool.stats().kills == 0);
    });
}

TEST_CASE("a worker that was stopped costs the job it is given its deadline, and is replaced") {
    ProcessPoolOptions options{.processes = 1};
    options.stop_grace = 20ms;
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const pid_t stopped = pool.stats().pids.at(0);
        ::kill(stopped, SIGSTOP);
        std::string outcome;
        const RunOptions limits{.deadline = 30ms};
        co_await tell(pool.run(limits, jobs::add_job, 40, 2), outcome);
        CHECK(outcome == "job test.add: not finished in 30 ms");
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        CHECK(pool.stats().pids.at(0) != stopped);
        CHECK(pool.stats().kills == 1);
        CHECK(pool.stats().crashes.empty());
    });
    CHECK(zombies() == std::vector<std::string>());
}
