#pragma once

#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_process.hpp>

#include <sys/types.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

// What the tests of real worker processes share.
namespace troika::testing {

// A loop with one process pool and one thread pool, both offered; body(pool) is the main task.
template <typename Body>
void with_processes(ProcessPoolOptions options, Body body) {
    EventLoop loop;
    ThreadPool threads(loop, {.threads = 2});
    ProcessPool pool(loop, std::move(options));
    loop.offer(&threads);
    loop.offer(&pool);
    loop.run([](ThreadPool& threads, ProcessPool& pool, Body& body) -> Task<> {
        co_await body(pool);
        const std::chrono::nanoseconds at_once{0};
        co_await pool.stop(StopMode::now, at_once);
        co_await threads.stop(StopMode::drain, std::chrono::seconds(10));
    }(threads, pool, body));
    CHECK(pool.stats().ready == 0);
}

// Awaits `task`; `outcome` tells how it ended.
template <typename T>
Task<> tell(Task<T> task, std::string& outcome) {
    try {
        co_await std::move(task);
        outcome = "finished";
    } catch (const Cancelled& cancelled) {
        outcome = "cancelled: " + std::string(to_string(cancelled.reason));
        throw;
    } catch (const std::exception& error) {
        outcome = error.what();
    }
}

// Suspends until `condition` holds; fails the test after ten seconds.
template <typename Condition>
Task<> until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) {
            FAIL("waited ten seconds in vain");
        }
        co_await sleep_for(std::chrono::milliseconds(1));
    }
}

bool process_exists(pid_t pid);
// Children of this process, zombies included, as "pid name state".
std::vector<std::string> children();
std::vector<std::string> zombies();
std::string read_file(const std::string& path);
std::string process_name(pid_t pid);

// A folder of its own that goes with it.
class Folder final {
  public:
    Folder();
    ~Folder();
    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};
// What the descriptors of a process refer to.
std::vector<std::string> descriptors_of(pid_t pid);

}  // namespace troika::testing
