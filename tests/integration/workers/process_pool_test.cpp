#include "jobs.hpp"
#include "support.hpp"

using namespace troika;
using namespace troika::testing;

TEST_CASE("a job runs in another process and its result comes back") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        const int sum = co_await to_process(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        const pid_t pid = co_await pool.run(jobs::own_pid_job);
        CHECK(pid != ::getpid());
        CHECK(pool.stats().finished == 2);
    });
    CHECK(zombies().empty());
}
