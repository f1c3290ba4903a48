#include "jobs.hpp"
#include "log_lines.hpp"
#include "with_processes.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <set>

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

namespace {

std::set<pid_t> workers_of(const ProcessPool& pool) {
    const auto pids = pool.stats().pids;
    return {pids.begin(), pids.end()};
}

bool are_disjoint(const std::set<pid_t>& a, const std::set<pid_t>& b) {
    return std::none_of(a.begin(), a.end(), [&b](pid_t pid) { return b.contains(pid); });
}

// Runs until `done`; counts what was answered.
Task<> keep_busy(ProcessPool& pool, const bool& done, int& answered) {
    while (!done) {
        const int sum = co_await pool.run(jobs::add_job, 1, 2);
        CHECK(sum == 3);
        ++answered;
    }
}

// Suspends until the roll is over, and looks all the while how many workers there are.
Task<> watch_roll(ProcessPool& pool, std::size_t& fewest, std::size_t& most) {
    const auto over = [&pool, &fewest, &most] {
        const workers::ProcessPoolStats stats = pool.stats();
        fewest = std::min(fewest, stats.ready);
        most = std::max(most, stats.ready);
        return !stats.rolling;
    };
    co_await until(over);
}

}  // namespace

TEST_CASE("a roll replaces every worker, loses no job and never has fewer workers than wanted") {
    const LogLines lines;
    with_processes({.processes = 3}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::set<pid_t> before = workers_of(pool);
        bool done = false;
        int answered = 0;
        TaskGroup group("load");
        for (int i = 0; i < 6; ++i) group.spawn("busy", keep_busy(pool, done, answered));
        const auto under_load = [&answered] { return answered > 20; };
        co_await until(under_load);
        pool.roll();
        CHECK(pool.stats().rolling);
        std::size_t fewest = 99;
        std::size_t most = 0;
        co_await watch_roll(pool, fewest, most);
        done = true;
        co_await group.join();
        CHECK(fewest >= 3);
        CHECK(most <= 4);
        const std::set<pid_t> after = workers_of(pool);
        CHECK(after.size() == 3);
        CHECK(are_disjoint(before, after));
        const workers::ProcessPoolStats stats = pool.stats();
        CHECK(stats.processes == 3);
        CHECK(stats.births() == 6);
        CHECK(stats.crashes.empty());
        CHECK(stats.kills == 0);
        CHECK(stats.outcomes[JobOutcome::finished] == stats.outcomes.total());
    });
    CHECK(lines.count("info all workers are replaced pool=processes") == 1);
    CHECK(lines.count("warning") == 0);
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("gunicorn#3648: reloads leave no thread and no descriptor behind", "[peers]") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        const pid_t self = ::getpid();
        int descriptors = 0, threads = 0;
        for (int i = 0; i < 10; ++i) {
            co_await pool.wait_ready();
            pool.set_settings("reload " + std::to_string(i));
            pool.roll();
            std::size_t fewest = 9, most = 0;
            co_await watch_roll(pool, fewest, most);
            const std::string settings = co_await pool.run(jobs::settings_job);
            CHECK(settings == "reload " + std::to_string(i));
            if (i == 0) {
                descriptors = descriptor_count(self);
                threads = thread_count(self);
            }
        }
        CHECK(descriptor_count(self) == descriptors);
        CHECK(thread_count(self) == threads);
        CHECK(pool.stats().recycled.at(workers::RecycleCause::roll) == 20);
    });
}

TEST_CASE("a busy worker finishes its job before a roll ends it, and goes last") {
    const TemporaryFolder folder;
    with_processes({.processes = 2}, [&folder](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::set<pid_t> before = workers_of(pool);
        std::string outcome;
        TaskGroup group("jobs");
        group.spawn("long", tell(pool.run(jobs::wait_for_file_job, folder.file("pid"),
                                          folder.file("release")),
                                 outcome));
        const auto begun = [&folder] { return !read_file(folder.file("pid")).empty(); };
        co_await until(begun);
        const pid_t busy = std::stoi(read_file(folder.file("pid")));
        pool.roll();
        // The idle one has gone, both fresh ones are there, the busy one is at work.
        const auto waits = [&pool] { return pool.stats().births() == 4; };
        co_await until(waits);
        const int sum = co_await pool.run(jobs::add_job, 1, 2);
        CHECK(sum == 3);
        CHECK(pool.stats().rolling);
        CHECK(bool(process_info(busy)));
        CHECK(outcome.empty());
        std::ofstream(folder.file("release")) << "now";
        co_await group.join();
        CHECK(outcome == "finished");
        std::size_t fewest = 99;
        std::size_t most = 0;
        co_await watch_roll(pool, fewest, most);
        CHECK(are_disjoint(before, workers_of(pool)));
        CHECK(pool.stats().crashes.empty());
        CHECK(pool.stats().kills == 0);
    });
}

TEST_CASE("a second roll, a crash and a stop in the middle of a roll are no trouble") {
    with_processes({.processes = 2}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::set<pid_t> first = workers_of(pool);
        std::size_t fewest = 99;
        std::size_t most = 0;
        pool.roll();
        pool.roll();
        co_await watch_roll(pool, fewest, most);
        const std::set<pid_t> second = workers_of(pool);
        CHECK(second.size() == 2);
        CHECK(are_disjoint(first, second));

        pool.roll();
        for (const pid_t pid : second) ::kill(pid, SIGKILL);
        co_await watch_roll(pool, fewest, most);
        const auto whole = [&pool] { return pool.stats().ready == 2; };
        co_await until(whole);
        CHECK(are_disjoint(second, workers_of(pool)));
        CHECK(most <= 3);
        const int sum = co_await pool.run(jobs::add_job, 1, 2);
        CHECK(sum == 3);

        pool.roll();
    });
    CHECK(zombies() == std::vector<std::string>());
}

TEST_CASE("a pool that stops does not begin a roll") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        const std::chrono::nanoseconds at_once{0};
        co_await pool.stop(StopMode::now, at_once);
        pool.roll();
        CHECK(!pool.stats().rolling);
    });
}
