#include <troika/async/event.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/watchdog.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

using namespace troika;
using namespace std::chrono_literals;

namespace {

// Runs `body` in a child process and gives how it ended: its exit code, or minus the signal.
int exit_of(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        body();
        ::_exit(99);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void block_for_ever() {
    for (;;) ::poll(nullptr, 0, 1000);
}

}  // namespace

TEST_CASE("the first signal is a call on the loop thread, and SIGHUP may come again") {
    const int code = exit_of([] {
        EventLoop loop;
        Event terminated;
        int hangups = 0;
        WatchdogOptions options;
        options.on_signal = [&](int signal) {
            if (!loop.on_loop_thread()) ::_exit(1);
            if (signal == SIGHUP) ::kill(::getpid(), ++hangups < 2 ? SIGHUP : SIGTERM);
            if (signal == SIGTERM) terminated.set();
        };
        Watchdog watchdog(loop, std::move(options));
        ::kill(::getpid(), SIGHUP);
        auto wait = [&]() -> Task<> { co_await terminated.wait(); };
        loop.run(wait());
        ::_exit(hangups == 2 ? 42 : 2);
    });
    CHECK(code == 42);
}

TEST_CASE("a second SIGTERM or SIGINT ends the process with 128 + n although the loop is blocked") {
    const int code = exit_of([] {
        EventLoop loop;
        Watchdog watchdog(loop, {});
        ::kill(::getpid(), SIGTERM);
        ::poll(nullptr, 0, 100);  // two pending SIGINTs would be one; different signals never merge
        ::kill(::getpid(), SIGINT);
        block_for_ever();
    });
    CHECK((code == 128 + SIGINT || code == 128 + SIGTERM));
}

TEST_CASE("the hard limit ends the process with 1 although the loop is blocked") {
    const int code = exit_of([] {
        EventLoop loop;
        Watchdog watchdog(loop, {});
        watchdog.set_hard_limit(std::chrono::steady_clock::now() + 10ms);
        block_for_ever();
    });
    CHECK(code == 1);
}

TEST_CASE("the longest stop counts from the first signal although the loop never sees it") {
    const int code = exit_of([] {
        EventLoop loop;
        WatchdogOptions options;
        options.longest_stop = 10ms;
        Watchdog watchdog(loop, std::move(options));
        ::kill(::getpid(), SIGTERM);
        block_for_ever();
    });
    CHECK(code == 1);
}

TEST_CASE("before the watchdog a signal ends the process with 128 + n") {
    CHECK(exit_of([] {
              exit_on_signals_until_watched();
              ::kill(::getpid(), SIGTERM);
              block_for_ever();
          }) == 128 + SIGTERM);
}

TEST_CASE("a blocked loop is reported once per incident, with its task and stack") {
    EventLoop loop;
    std::atomic<int> reports = 0;
    std::atomic<bool> report_seen = false;
    BlockedLoop report;
    std::chrono::nanoseconds worst{0};
    Event measured;
    WatchdogOptions options;
    options.probe_interval = 20ms;
    options.blocked_threshold = 40ms;
    options.on_blocked = [&](const BlockedLoop& blocked) {
        if (++reports == 1) report = blocked;
        report_seen = true;
    };
    options.on_lag = [&](std::chrono::nanoseconds lag) {
        worst = std::max(worst, lag);
        if (worst >= 40ms) measured.set();
    };
    Watchdog watchdog(loop, std::move(options));
    auto block_then_wait = [&]() -> Task<> {
        while (!report_seen) ::poll(nullptr, 0, 1);
        ::poll(nullptr, 0, 100);
        co_await measured.wait();
    };
    int line = 0;
    auto named = [&]() -> Task<> {
        TaskGroup group("test");
        group.spawn("the slow one", block_then_wait());
        line = __LINE__ - 1;
        co_await group.join();
    };
    loop.run(named());
    CHECK(reports == 1);
    CHECK(worst >= 40ms);
    CHECK(report.silent_for >= 40ms);
    CHECK(report.task == "the slow one");
    const std::string place = "tests/unit/async/watchdog_test.cpp:" + std::to_string(line);
    CHECK(report.spawned_at == (SpawnPlace::kKept ? place : ""));  // debug builds alone know
    REQUIRE(report.stack.size() > 2);
    CHECK(report.stack.back().find("+0x") != std::string::npos);
}

TEST_CASE(
    "with its defaults a blocked loop is told of within a second, whenever it began to block") {
    // At worst the last look has just been answered: the next one comes a whole interval later, and is
    // missed a whole threshold after that.
    const WatchdogOptions options{};
    CHECK(options.probe_interval + options.blocked_threshold < 1s);
}

TEST_CASE("a loop that sleeps in epoll is not woken to be looked at") {
    EventLoop loop;
    std::atomic<int> probes = 0;
    std::atomic<int> reports = 0;
    WatchdogOptions options;
    options.probe_interval = 5ms;
    options.blocked_threshold = 5ms;
    options.on_lag = [&](std::chrono::nanoseconds) { ++probes; };
    options.on_blocked = [&](const BlockedLoop&) { ++reports; };
    Watchdog watchdog(loop, std::move(options));
    auto be_idle = []() -> Task<> { co_await sleep_for(300ms); };  // some sixty looks
    loop.run(be_idle());
    CHECK(probes < 20);
    CHECK(reports == 0);
}

TEST_CASE(
    "a stop that is requested is delivered once, and a signal after it does not force an end") {
    const int code = exit_of([] {
        EventLoop loop;
        Event terminated;
        int requests = 0;
        WatchdogOptions options;
        options.on_signal = [&](int signal) {
            if (signal == SIGTERM) return terminated.set();
            if (signal != 0 || ++requests > 1) ::_exit(1);
            ::kill(::getpid(), SIGTERM);
        };
        Watchdog watchdog(loop, std::move(options));
        std::thread([&] {
            watchdog.request_stop();
            watchdog.request_stop();
        }).join();
        auto wait = [&]() -> Task<> { co_await terminated.wait(); };
        loop.run(wait());
        ::_exit(requests == 1 ? 42 : 2);
    });
    CHECK(code == 42);
}

TEST_CASE("a stop that is requested while the loop is blocked ends at the hard limit") {
    const int code = exit_of([] {
        EventLoop loop;
        WatchdogOptions options;
        options.longest_stop = 20ms;
        Watchdog watchdog(loop, std::move(options));
        watchdog.request_stop();
        block_for_ever();
    });
    CHECK(code == 1);
}

TEST_CASE("further signals are taken where they are asked for") {
    const int code = exit_of([] {
        EventLoop loop;
        Event came;
        WatchdogOptions options;
        options.more_signals = {SIGUSR1};
        options.on_signal = [&](int signal) {
            if (signal == SIGUSR1) came.set();
        };
        Watchdog watchdog(loop, std::move(options));
        ::kill(::getpid(), SIGUSR1);
        auto wait = [&]() -> Task<> { co_await came.wait(); };
        loop.run(wait());
        ::_exit(42);
    });
    CHECK(code == 42);
}
