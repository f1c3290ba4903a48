#pragma once

#include "process_tree.hpp"
#include "tasks.hpp"
#include "temporary_folder.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_process.hpp>
#include <troika/workers/zygote.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
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

// Children of this process that are dead and not yet reaped, as "name pid".
inline std::vector<std::string> zombies() {
    std::vector<std::string> found;
    for (const ProcessInfo& child : children_of(::getpid()))
        if (child.zombie()) found.push_back(child.name + " " + std::to_string(child.pid));
    return found;
}

// Kills the zygote with its standby, and waits until that was noticed.
inline Task<> kill_family(workers::Zygote& zygote) {
    const auto family = zygote.stats();
    ::kill(family.zygote, SIGSTOP);  // so that it cannot make another standby
    ::kill(family.standby, SIGKILL);
    ::kill(family.zygote, SIGKILL);
    const auto both_gone = [&zygote] {
        zygote.check();
        return zygote.stats().zygote < 0;
    };
    co_await until(both_gone);
}

}  // namespace troika::testing
