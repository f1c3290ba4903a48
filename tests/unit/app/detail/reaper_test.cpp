#include <troika/app/detail/reaper.hpp>
#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/base/error.hpp>
#include <troika/testing/clock.hpp>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;

namespace {

Task<> reap_for(std::chrono::seconds limit) {
    try {
        Task<> reaping = detail::reap_orphans();
        co_await with_timeout(limit, std::move(reaping));
    } catch (const TimeoutError&) {
    }
}

// As PID 1 of a namespace of its own: 0 when all is well, else the number of the check that failed.
int collect_as_first_process() {
    if (::getpid() != 1) return 1;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0) return 2;
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    loop.run(reap_for(9s));  // seen once, at 5 s: whoever started it may still ask
    info = {};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != child)
        return 3;
    loop.run(reap_for(11s));
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD) return 4;
    return 0;
}

constexpr int kNotAllowed = 77;
constexpr int kOrphans = 30;

bool is_zombie(pid_t child) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child;
}

// The same for many that end together.
int collect_many_as_first_process() {
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
        return kNotAllowed;
    }
    std::vector<pid_t> children;
    for (int i = 0; i < kOrphans; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) ::_exit(0);
    }
    siginfo_t info{};
    for (const pid_t child : children) {
        ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    }
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    loop.run(reap_for(9s));
    if (!std::all_of(children.begin(), children.end(), is_zombie)) return 2;
    loop.run(reap_for(11s));
    return std::none_of(children.begin(), children.end(), is_zombie) ? 0 : 3;
}

int exit_code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Of `body` as PID 1 of new namespaces.
int exit_code_as_first_process(int (*body)()) {
    const pid_t outer = ::fork();
    if (outer == 0) {
        if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(kNotAllowed);
        const pid_t first = ::fork();
        if (first == 0) ::_exit(body());
        ::_exit(exit_code_of(first));
    }
    return exit_code_of(outer);
}

}  // namespace

TEST_CASE("a process that is not PID 1 leaves children alone: reaping ends at once") {
    REQUIRE(::getpid() != 1);
    testing::VirtualClock clock;
    EventLoop loop({.clock = &clock});
    const auto before = clock.now();
    loop.run(detail::reap_orphans());
    CHECK(clock.now() == before);
}

TEST_CASE("PID 1 collects a zombie nobody asked for in five seconds, and not earlier") {
    const int code = exit_code_as_first_process(collect_as_first_process);
    if (code == kNotAllowed) {
        WARN("not allowed to make a PID namespace: not tested");
        return;
    }
    CHECK(code == 0);
}

TEST_CASE("PID 1 collects all of thirty orphans in the same round") {
    const int code = exit_code_as_first_process(collect_many_as_first_process);
    if (code == kNotAllowed) {
        WARN("not allowed to make a PID namespace and mount its /proc: not tested");
        return;
    }
    CHECK(code == 0);
}
