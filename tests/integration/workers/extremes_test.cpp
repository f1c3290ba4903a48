#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;
using Catch::Matchers::Contains;

// Limits as long as they go or below zero, and workers that say more than anybody reads.

TEST_CASE("limits without end are no limits") {
    ProcessPoolOptions options;
    options.processes = 1;
    options.queue_wait = options.job_deadline = std::chrono::milliseconds::max();
    options.stop_grace = options.birth_timeout = options.start_timeout =
        std::chrono::milliseconds::max();
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        const RunOptions longest{.deadline = std::chrono::nanoseconds::max(),
                                 .queue_wait = std::chrono::milliseconds::max()};
        const int by_call = co_await pool.run(longest, jobs::add_job, 1, 2);
        CHECK(by_call == 3);
        const int by_pool = co_await pool.run(jobs::add_job, 2, 3);
        CHECK(by_pool == 5);
    });
}

TEST_CASE("a call whose time is over before it begins runs nothing") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        std::string outcome;
        const RunOptions over{.deadline = -1ns};
        co_await tell(pool.run(over, jobs::add_job, 1, 2), outcome);
        CHECK(outcome == "job test.add: its deadline is below 0");
        const RunOptions impatient{.queue_wait = -1ms};
        const int sum = co_await pool.run(impatient, jobs::add_job, 1, 2);  // a worker is free
        CHECK(sum == 3);
        CHECK(pool.stats().submitted == 1);
    });
}

TEST_CASE("a pool says which of its limits is below zero") {
    EventLoop loop;
    CHECK_THROWS_WITH(ProcessPool(loop, {.processes = 1, .queue_wait = -1ms, .name = "reports"}),
                      "process pool reports: queue_wait is below 0");
    CHECK_THROWS_WITH(ThreadPool(loop, {.threads = 1, .queue_wait = -1ms, .name = "files"}),
                      "thread pool files: queue_wait is below 0");
}

TEST_CASE("a pool in a hurry does not take the zygote for a hung one") {
    with_processes({.processes = 1, .start_timeout = 1ms}, [](ProcessPool& pool) -> Task<> {
        const auto before = workers::Zygote::process_wide()->stats();
        co_await sleep_for(300ms);
        const auto after = workers::Zygote::process_wide()->stats();
        CHECK(after.zygote == before.zygote);
        CHECK(after.takeovers == before.takeovers);
        CHECK(pool.not_ready().value_or("").find("the zygote") == std::string::npos);
    });
}

TEST_CASE("the largest result limits results, not what a worker says beside them") {
    with_processes({.processes = 1, .max_result = 1000}, [](ProcessPool& pool) -> Task<> {
        const pid_t worker = co_await pool.run(jobs::own_pid_job);
        std::string outcome;
        co_await tell(pool.run(jobs::fail_job, std::string(6000, 'x')), outcome);
        CHECK_THAT(outcome, Contains(std::string(6000, 'x')));
        log::set_level(log::Level::debug);
        co_await pool.run(jobs::say_job, std::string(6000, 'y'));
        log::set_level(log::Level::info);
        co_await tell(pool.run(jobs::echo_job, std::string(1001, 'z')), outcome);
        CHECK_THAT(outcome, Contains("more than the pool's max_result of 1000"));
        const pid_t same = co_await pool.run(jobs::own_pid_job);
        CHECK(same == worker);
        CHECK(pool.stats().kills == 0);
    });
}

TEST_CASE("errors and log lines of megabytes are cut off, and say so") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        LogLines lines;
        std::string outcome;
        const std::string long_text(std::size_t{8} << 20, 'x');
        co_await tell(pool.run(jobs::fail_job, long_text), outcome);
        CHECK(outcome.size() < 70'000);
        CHECK_THAT(outcome, Contains("... (8323072 bytes more)"));
        log::set_level(log::Level::debug);
        co_await pool.run(jobs::say_job, long_text);
        log::set_level(log::Level::info);
        CHECK(lines.longest() < 70'000);
        CHECK(lines.count("... (8323072 bytes more)") == 1);
    });
}

TEST_CASE("whom the server killed is a kill, and no crash of its own") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        std::string outcome;
        co_await tell(pool.run(jobs::write_garbage_job), outcome);
        CHECK_THAT(outcome, Contains("and was killed"));
        co_await pool.wait_ready();
        CHECK(pool.stats().kills == 1);
        CHECK(pool.stats().crashes.empty());
    });
}

TEST_CASE("who reads the log learns which job had to be killed, and what it used") {
    LogLines lines;
    with_processes({.processes = 1, .stop_grace = 20ms}, [&lines](ProcessPool& pool) -> Task<> {
        std::string outcome;
        const RunOptions limited{.deadline = 20ms};
        co_await tell(pool.run(limited, jobs::loop_forever_job), outcome);
        const auto killed = [&pool] { return pool.stats().births() == 2; };
        co_await until(killed);
        CHECK(lines.count("warning a worker was killed") == 1);
        CHECK(lines.count("job=test.loop_forever reason=it did not stop when asked") == 1);
    });
}
