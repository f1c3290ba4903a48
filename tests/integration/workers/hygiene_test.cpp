#include "jobs.hpp"
#include "sanitized.hpp"
#include "with_processes.hpp"

#include <troika/base/unique_fd.hpp>
#include <troika/workers/to_thread.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <set>

// What workers must not have of their server, and their server must not feel of them.

using namespace std::chrono_literals;
using namespace troika;
using namespace troika::testing;

namespace {

struct Connection {
    UniqueFd listener;
    UniqueFd server;
    UniqueFd client;
};

Connection connect_over_loopback() {
    Connection made;
    made.listener.reset(::socket(AF_INET, SOCK_STREAM, 0));  // without SOCK_CLOEXEC
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(made.listener.get(), any, size) == 0);
    REQUIRE(::listen(made.listener.get(), 1) == 0);
    REQUIRE(::getsockname(made.listener.get(), any, &size) == 0);
    made.client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(made.client.get(), any, size) == 0);
    made.server.reset(::accept(made.listener.get(), nullptr, nullptr));
    REQUIRE(made.server);
    return made;
}

// What a descriptor refers to, without its number.
std::set<std::string> sockets_of(pid_t pid) {
    std::set<std::string> found;
    for (const std::string& descriptor : descriptors_of(pid)) {
        const std::size_t at = descriptor.find("socket:");
        if (at != std::string::npos) found.insert(descriptor.substr(at));
    }
    return found;
}

void stay_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

void compute_on(int cpu) {
    stay_on(cpu);
    while (!stop_requested()) {
    }
}
const auto compute_on_job = job<"hygiene.compute_on">(compute_on);

double seconds_on(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double cpu_seconds_of(pid_t pid) {
    clockid_t clock{};
    REQUIRE(::clock_getcpuclockid(pid, &clock) == 0);
    return seconds_on(clock);
}

// Computes on this CPU until it has had so much of it.
void compute_for(int cpu, double cpu_seconds) {
    stay_on(cpu);
    const double until = seconds_on(CLOCK_THREAD_CPUTIME_ID) + cpu_seconds;
    while (seconds_on(CLOCK_THREAD_CPUTIME_ID) < until) {
    }
}

// A child that is none of the pool's, whose status is its own affair.
int status_of_foreign_child(std::FILE* child) {
    std::fputs("go\n", child);
    const int status = ::pclose(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a worker made while clients are connected has none of their sockets and keeps none open",
          "[peers]") {
    Connection connection = connect_over_loopback();
    with_processes({.processes = 2}, [&connection](ProcessPool& pool) -> Task<> {
        co_await pool.wait_ready();
        for (const pid_t pid : pool.stats().pids) ::kill(pid, SIGKILL);
        const auto replaced = [&pool] { return pool.stats().births() == 4; };
        co_await until(replaced);
        const std::set<std::string> own = sockets_of(::getpid());
        for (const pid_t pid : pool.stats().pids) {
            const std::set<std::string> workers = sockets_of(pid);
            CHECK(workers.size() == 1);  // the other end of its channel
            CHECK(std::none_of(workers.begin(), workers.end(),
                               [&own](const std::string& socket) { return own.contains(socket); }));
        }
        // The end of a connection is seen by its client, whatever workers live on.
        connection.server.close();
        char byte = 0;
        CHECK(::recv(connection.client.get(), &byte, 1, 0) == 0);
    });
}

TEST_CASE("beside a busy server a busy worker has the smaller share of their CPU", "[slow]") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        const pid_t worker = co_await pool.run(jobs::own_pid_job);
        const int cpu = ::sched_getcpu();
        TaskGroup group("jobs");
        const auto computing = group.spawn("compute", pool.run(compute_on_job, cpu));
        const auto began = [worker] { return cpu_seconds_of(worker) > 0.05; };
        co_await until(began);
        const double before = cpu_seconds_of(worker);
        const double own = 0.4;
        auto competing = to_thread(compute_for, cpu, own);
        co_await std::move(competing);
        const double workers = cpu_seconds_of(worker) - before;
        INFO("worker " << workers << " s, server " << own << " s");
        CHECK(workers < 0.7 * own);  // by niceness 5: a third
        group.cancel(computing, CancelReason::asked);
        co_await group.join();
    });
}

TEST_CASE("a large result neither passes through the loop's hands nor is copied by it") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        std::string sent(64UL << 20, 'x');
        rusage before{}, after{};
        ::getrusage(RUSAGE_THREAD, &before);
        const std::string echoed = co_await pool.run(jobs::echo_job, std::move(sent));
        ::getrusage(RUSAGE_THREAD, &after);
        CHECK(echoed.size() == 64UL << 20);
        // Whoever touches 64 MB of new memory meets 16,384 pages of it.
        // The thread sanitizer has memory of its own beside each byte.
        if (!troika::testing::kThreadSanitized) CHECK(after.ru_minflt - before.ru_minflt < 2000);
    });
}

TEST_CASE("gunicorn#3220: a foreign child keeps its status, and its end is none of the pool's",
          "[peers]") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        for (std::uint64_t i = 1; i <= 3; ++i) {
            co_await pool.wait_ready();
            std::FILE* const child = ::popen("read line; exit 7", "w");
            REQUIRE(child != nullptr);
            ::kill(pool.stats().pids.at(0), SIGKILL);
            const auto replaced = [&pool, i] { return pool.stats().births() == i + 1; };
            co_await until(replaced);
            const int status = co_await to_thread(status_of_foreign_child, child);
            CHECK(status == 7);
            CHECK(pool.stats().crashes.at(SIGKILL) == i);
            CHECK(pool.stats().crashes.size() == 1);
        }
    });
    CHECK(zombies() == std::vector<std::string>());
}

#if !defined(__SANITIZE_THREAD__)  // it holds the signal back while the worker waits in recvmsg
namespace {

std::set<pid_t> children() {
    std::set<pid_t> found;
    for (const ProcessInfo& child : children_of(::getpid())) found.insert(child.pid);
    return found;
}

// SIGTERM for the next child there is, at whatever moment of its birth it is found.
void end_next_child(const std::set<pid_t>& known) {
    while (true) {
        for (const pid_t pid : children()) {
            if (known.contains(pid)) continue;
            ::kill(pid, SIGTERM);
            return;
        }
    }
}

}  // namespace

TEST_CASE("asio#1069: a SIGTERM that meets a worker being born ends that worker and nobody else",
          "[peers]") {
    with_processes({.processes = 1}, [](ProcessPool& pool) -> Task<> {
        for (int i = 0; i < 20; ++i) {
            co_await pool.wait_ready();
            TaskGroup group("hunt");
            const std::set<pid_t> known = children();
            group.spawn("hunter", to_thread(end_next_child, known));
            co_await sleep_for(0s);
            const auto pids = pool.stats().pids;
            if (!pids.empty()) ::kill(pids.front(), SIGTERM);  // else the last hunter's is noticed
            co_await group.join();
        }
        const auto recovered = [&pool] { return pool.stats().births() >= 21; };
        co_await until(recovered);
        const int sum = co_await pool.run(jobs::add_job, 40, 2);
        CHECK(sum == 42);
        CHECK(pool.stats().crashes.empty());
        CHECK_FALSE(pool.not_ready());
    });
    CHECK(zombies() == std::vector<std::string>());
}
#endif
