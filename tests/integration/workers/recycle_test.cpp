#include "bad_jobs.hpp"
#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <algorithm>
#include <set>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;
using troika::workers::RecycleCause;

namespace {

std::uint64_t recycled(const ProcessPool& pool, RecycleCause cause) {
    const auto all = pool.stats().recycled;
    const auto found = all.find(cause);
    return found == all.end() ? 0 : found->second;
}

Task<> until_recycled(ProcessPool& pool, RecycleCause cause, std::uint64_t times) {
    const auto seen = [&pool, cause, times] { return recycled(pool, cause) >= times; };
    co_await until(seen);
}

// Runs until `done`, and looks all the while how few workers there are.
Task<> count_ready(ProcessPool& pool, const bool& done, std::size_t& fewest) {
    while (!done) {
        fewest = std::min(fewest, pool.stats().ready);
        co_await sleep_for(1ms);
    }
}

}  // namespace

TEST_CASE("after its number of jobs a worker is replaced, its successor ready first") {
    const LogLines lines;
    const workers::RecycleOptions recycle{.jobs = 10, .jitter = 0};
    with_processes({.processes = 2, .recycle = recycle}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        bool done = false;
        std::size_t fewest = 9;
        TaskGroup group("watch");
        group.spawn("fewest", count_ready(pool, done, fewest));
        std::set<pid_t> pids;
        for (int i = 0; i < 100; ++i) {
            const pid_t pid = co_await pool.run(jobs::own_pid_job);
            pids.insert(pid);
            if (i % 10 == 9) co_await sleep_for(5ms);
        }
        co_await until_recycled(pool, RecycleCause::jobs, 2);
        done = true;
        co_await group.join();
        CHECK(fewest >= 2);
        CHECK(pids.size() >= 3);
        CHECK(pool.stats().outcomes[JobOutcome::finished] == 100);
        CHECK(pool.stats().crashes.empty());
        CHECK_FALSE(pool.stats().rolling);
    });
    CHECK(lines.count("info a worker made way for a fresh one") >= 1);
    CHECK(lines.count("cause=jobs") >= 1);
    CHECK(zombies() == std::vector<std::string>());
}

// There the pool made too few replacements and hung, in its work or in its shutdown.
TEST_CASE("cpython#115634, #119592: with one job for each worker all are done, and a stop ends",
          "[peers]") {
    EventLoop loop;
    ProcessPool pool(loop, {.processes = 2, .recycle = {.jobs = 1, .jitter = 0}});
    loop.run([](ProcessPool& pool) -> Task<> {
        TaskGroup group("jobs");
        int done = 0;
        const auto add = [&]() -> Task<> { done += co_await pool.run(jobs::add_job, 1, 0); };
        for (int i = 0; i < 40; ++i) group.spawn("job", add());
        const auto half = [&done] { return done >= 20; };
        co_await until(half);
        co_await pool.stop(StopMode::drain, 60s);
        co_await group.join();
        CHECK(done == 40);
        CHECK(pool.stats().crashes.empty());
    }(pool));
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a worker that keeps too much memory is replaced, one that gave it back is not") {
    const workers::RecycleOptions recycle{.memory = 256 << 20};
    with_processes({.processes = 1, .recycle = recycle}, [](ProcessPool& pool) -> Task<> {
        const pid_t first = co_await pool.run(jobs::own_pid_job);
        const auto sum = co_await pool.run(jobs::use_memory_job, 400);
        CHECK(sum == 400);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
        const pid_t second = co_await pool.run(jobs::own_pid_job);
        CHECK(second == first);
#endif
        const int kept = co_await pool.run(jobs::keep_memory_job, 400);
        CHECK(kept == 400);
        co_await until_recycled(pool, RecycleCause::memory, 1);
        const auto small = [&pool] { return pool.resident_memory() < (200 << 20); };
        co_await until(small);
        const pid_t third = co_await pool.run(jobs::own_pid_job);
        CHECK(third != first);
        CHECK(pool.stats().crashes.empty());
    });
}

TEST_CASE("an idle worker is replaced when it is old, a busy one after its job") {
    const TemporaryFolder folder;
    const workers::RecycleOptions recycle{.age = 60ms, .jitter = 0};
    with_processes({.processes = 1, .recycle = recycle}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        co_await until_recycled(pool, RecycleCause::age, 2);
        const std::string release = folder.file("release");
        TaskGroup group("jobs");
        std::string outcome;
        group.spawn("long",
                    tell(pool.run(jobs::wait_for_file_job, folder.file("pid"), release), outcome));
        const auto runs = [&folder] { return !read_file(folder.file("pid")).empty(); };
        co_await until(runs);
        const auto births = pool.stats().births();
        co_await sleep_for(150ms);
        CHECK(outcome.empty());
        ::close(::creat(release.c_str(), 0600));
        co_await group.join();
        CHECK(outcome == "finished");
        const auto later = [&pool, births] { return pool.stats().births() > births; };
        co_await until(later);
        CHECK(pool.stats().crashes.empty());
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("recycling goes on beside a roll, and crashes in between are no trouble") {
    const workers::RecycleOptions recycle{.jobs = 3, .jitter = 0.5};
    with_processes({.processes = 2, .recycle = recycle}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        int answered = 0;
        for (int i = 0; i < 120; ++i) {
            if (i == 30) pool.roll();
            if (i % 40 == 10) {
                const auto pids = pool.stats().pids;
                if (!pids.empty()) ::kill(pids.front(), SIGKILL);
            }
            std::string outcome;
            co_await tell(pool.run(jobs::add_job, 1, 2), outcome);
            if (outcome == "finished") ++answered;
        }
        const auto settled = [&pool] { return !pool.stats().rolling && pool.stats().ready >= 2; };
        co_await until(settled);
        CHECK(answered >= 117);
        while (recycled(pool, RecycleCause::jobs) < 3) {
            const int sum = co_await pool.run(jobs::add_job, 1, 2);
            CHECK(sum == 3);
        }
    });
    CHECK(zombies() == std::vector<std::string>());
}
