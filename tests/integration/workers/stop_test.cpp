#include "jobs.hpp"
#include "with_processes.hpp"

#include <csignal>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

TEST_CASE("a caller that leaves while the pool stops does not spare its job the end of the grace") {
    ProcessPoolOptions options{.processes = 1, .stop_grace = 50ms};
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        TaskGroup group("caller");
        std::string outcome;
        const auto caller = group.spawn("job", tell(pool.run(jobs::loop_forever_job), outcome));
        const auto runs = [&pool] { return pool.stats().busy == 1; };
        co_await until(runs);
        group.spawn("stop", pool.stop(StopMode::now, 0s));
        co_await sleep_for(5ms);
        group.cancel(caller, CancelReason::asked);
        co_await group.join();
        CHECK(pool.stats().kills == 1);
    });
}

TEST_CASE("a job that has not started when its pool gives up is not run anew") {
    ProcessPoolOptions options{.processes = 1, .stop_grace = 50ms};
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        ::kill(pool.stats().pids.at(0), SIGSTOP);
        TaskGroup group("caller");
        std::string outcome;
        group.spawn("job", tell(pool.run(jobs::loop_forever_job), outcome));
        const auto sent = [&pool] { return pool.stats().busy == 1; };
        co_await until(sent);
        co_await pool.stop(StopMode::now, 0s);
        co_await group.join();
        CHECK(outcome == "process pool processes has stopped");
        CHECK(pool.stats().births() == 1);
    });
}

TEST_CASE("an idle worker that hangs holds up a stop for its deadline, not for a long grace") {
    ProcessPoolOptions options{.processes = 1, .stop_grace = 1h};
    with_processes(std::move(options), [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        ::kill(pool.stats().pids.at(0), SIGSTOP);
        co_await pool.stop(StopMode::drain, 50ms);
        CHECK(pool.stats().kills == 1);
    });
}
