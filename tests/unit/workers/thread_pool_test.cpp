#include "tasks.hpp"
#include "with_pool.hpp"

#include <troika/async/deadline.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_thread.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troika;
using troika::testing::tell;
using troika::testing::with_pool;

namespace {

// A function that says when it runs and then waits to be let go.
struct Blocker {
    std::latch entered{1};
    std::latch released{1};
    void operator()() {
        entered.count_down();
        released.wait();
    }
};

// Gives spawned tasks their turn, then waits until the blocker's thread is inside it.
Task<> until_entered(Blocker& blocker) {
    co_await sleep_for(0s);
    blocker.entered.wait();
}

std::size_t threads_of_this_process() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        count += entry.exists() ? 1 : 0;
    }
    return count;
}

// With room for a few stacks only: 0 when all is well, else the number of the check that failed.
[[maybe_unused]] int make_too_many_threads() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit room{.rlim_cur = pages * 4096 + (100 << 20), .rlim_max = RLIM_INFINITY};
    EventLoop loop;
    sigset_t before;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    if (::setrlimit(RLIMIT_AS, &room) != 0) return 1;
    try {
        ThreadPool pool(loop, {.threads = 4096});
        return 2;
    } catch (const Error& error) {
        const std::string text = error.what();
        if (text.find(" of 4096 threads") == std::string::npos) return 3;
        if (text.find("ulimit -v") == std::string::npos) return 4;
    }
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) {
        if (::sigismember(&before, signal) != ::sigismember(&after, signal)) return 5;
    }
    for (int i = 0; i < 1000 && threads_of_this_process() > 1; ++i) {
        ::poll(nullptr, 0, 1);  // a joined thread may be listed a moment longer
    }
    return threads_of_this_process() == 1 ? 0 : 6;
}

}  // namespace

TEST_CASE("a function runs on another thread and its result comes back to the loop") {
    with_pool({.threads = 1}, [](ThreadPool& pool) -> Task<> {
        const auto loop_thread = std::this_thread::get_id();
        const auto elsewhere = co_await pool.run(&std::this_thread::get_id);
        CHECK(elsewhere != loop_thread);
        CHECK(std::this_thread::get_id() == loop_thread);
        const int sum = co_await to_thread(std::plus<>(), 40, 2);
        CHECK(sum == 42);
        const auto pass = [](std::unique_ptr<int> number) { return number; };
        auto seven = std::make_unique<int>(7);
        const auto moved = co_await to_thread(pass, std::move(seven));
        CHECK(*moved == 7);
    });
}

TEST_CASE("what the function throws is thrown where it is awaited") {
    with_pool({.threads = 1}, [](ThreadPool&) -> Task<> {
        std::string outcome;
        const auto fail = [] { throw std::runtime_error("disk gone"); };
        co_await tell(to_thread(fail), outcome);
        CHECK(outcome == "disk gone");
    });
}

TEST_CASE("a call beyond the queue limit is refused at once and says so") {
    with_pool({.threads = 1, .queue_limit = 2, .name = "disk"}, [](ThreadPool& pool) -> Task<> {
        Blocker blocker;
        TaskGroup group("calls");
        group.spawn("running", to_thread(std::ref(blocker)));
        co_await until_entered(blocker);
        const auto nothing = [] {};
        for (int i = 0; i < 2; ++i) group.spawn("queued", to_thread(nothing));
        std::string outcome;
        group.spawn("refused", tell(to_thread(nothing), outcome));
        co_await sleep_for(0s);
        CHECK(outcome == "thread pool disk: 2 jobs are waiting");
        CHECK(pool.stats().depth == 2);
        CHECK(pool.stats().busy == 1);
        CHECK(pool.stats().outcomes[JobOutcome::queue_full] == 1);
        blocker.released.count_down();
        co_await group.join();
    });
}

TEST_CASE("a call that finds no thread in time fails instead of running late") {
    with_pool({.threads = 1, .queue_wait = 10ms, .name = "disk"}, [](ThreadPool&) -> Task<> {
        Blocker blocker;
        TaskGroup group("calls");
        group.spawn("running", to_thread(std::ref(blocker)));
        co_await until_entered(blocker);
        std::atomic<bool> ran{false};
        const auto run = [&ran] { ran = true; };
        std::string outcome;
        co_await tell(to_thread(run), outcome);
        CHECK(outcome == "thread pool disk: no thread was free in 10 ms");
        blocker.released.count_down();
        co_await group.join();
        CHECK_FALSE(ran);
    });
}

TEST_CASE("a queued call is dropped when its caller is cancelled") {
    with_pool({.threads = 1}, [](ThreadPool& pool) -> Task<> {
        Blocker blocker;
        TaskGroup group("calls");
        group.spawn("running", to_thread(std::ref(blocker)));
        co_await until_entered(blocker);
        std::atomic<bool> ran{false};
        std::string outcome;
        const auto run = [&ran] { ran = true; };
        const auto queued = group.spawn("queued", tell(to_thread(run), outcome));
        co_await sleep_for(0s);
        group.cancel(queued, CancelReason::client_gone);
        co_await sleep_for(0s);
        CHECK(outcome == "cancelled: client_gone");
        CHECK(pool.stats().outcomes[JobOutcome::withdrawn] == 1);
        blocker.released.count_down();
        co_await group.join();
        CHECK_FALSE(ran);
    });
}

TEST_CASE(
    "a running call is awaited although its caller is cancelled, because it may use its frame") {
    with_pool({.threads = 1}, [](ThreadPool&) -> Task<> {
        Blocker blocker;
        TaskGroup group("calls");
        std::string outcome;
        const auto running = group.spawn("running", tell(to_thread(std::ref(blocker)), outcome));
        co_await until_entered(blocker);
        group.cancel(running, CancelReason::asked);
        co_await sleep_for(0s);
        co_await sleep_for(0s);
        CHECK(outcome.empty());
        blocker.released.count_down();
        co_await group.join();
        CHECK(outcome == "cancelled: asked");
    });
}

TEST_CASE("a function that takes a stop_token is asked to end when its caller is cancelled") {
    with_pool({.threads = 1}, [](ThreadPool&) -> Task<> {
        std::latch entered{1};
        const auto wait_for_stop = [&entered](std::stop_token stop, int) {
            entered.count_down();
            std::latch asked{1};
            const std::stop_callback tell_latch(stop, [&asked] { asked.count_down(); });
            asked.wait();
        };
        TaskGroup group("calls");
        std::string outcome;
        const auto running = group.spawn("running", tell(to_thread(wait_for_stop, 1), outcome));
        co_await sleep_for(0s);
        entered.wait();
        group.cancel(running, CancelReason::deadline);
        co_await group.join();
        CHECK(outcome == "cancelled: deadline");
    });
}

TEST_CASE("a stop callback may ask its pool, when the pool stops as well") {
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 1});
    loop.run([](ThreadPool& pool) -> Task<> {
        std::latch entered{1}, asked{1};
        std::size_t busy = 0;
        const auto wait_for_stop = [&](std::stop_token stop) {
            const std::stop_callback ask_the_pool(stop, [&] {
                busy = pool.stats().busy;  // takes the lock of the pool
                asked.count_down();
            });
            entered.count_down();
            asked.wait();
        };
        TaskGroup group("calls");
        std::string outcome;
        group.spawn("running", tell(pool.run(wait_for_stop), outcome));
        co_await sleep_for(0s);
        entered.wait();
        const std::size_t left = co_await pool.stop(StopMode::now, 10s);
        CHECK(left == 0);
        CHECK(busy == 1);
        co_await group.join();
        CHECK(outcome == "finished");
    }(pool));
}

TEST_CASE("stop drains what is queued, refuses what comes later, and can be called again") {
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 2, .name = "disk"});
    loop.run([](ThreadPool& pool) -> Task<> {
        std::atomic<int> ran{0};
        const auto count = [&ran] { ++ran; };
        TaskGroup group("calls");
        for (int i = 0; i < 50; ++i) group.spawn("call", pool.run(count));
        co_await sleep_for(0s);
        std::size_t busy = co_await pool.stop(StopMode::drain, 10s);
        CHECK(busy == 0);
        CHECK(ran == 50);
        co_await group.join();
        std::string outcome;
        co_await tell(pool.run(count), outcome);
        CHECK(outcome == "thread pool disk is stopping");
        busy = co_await pool.stop(StopMode::now, 0s);
        CHECK(busy == 0);
    }(pool));
}

TEST_CASE("stopping now fails what is queued and awaits what runs") {
    EventLoop loop;
    ThreadPool pool(loop, {.threads = 1, .name = "disk"});
    loop.run([](ThreadPool& pool) -> Task<> {
        Blocker blocker;
        TaskGroup group("calls");
        group.spawn("running", pool.run(std::ref(blocker)));
        co_await until_entered(blocker);
        std::string outcome;
        const auto nothing = [] {};
        group.spawn("queued", tell(pool.run(nothing), outcome));
        co_await sleep_for(0s);
        std::size_t busy = co_await pool.stop(StopMode::now, 1ms);
        CHECK(busy == 1);
        CHECK(outcome == "thread pool disk has stopped");
        blocker.released.count_down();
        co_await group.join();
        busy = co_await pool.stop(StopMode::now, 10s);
        CHECK(busy == 0);
    }(pool));
}

TEST_CASE("map keeps the order of its items and never exceeds its limit") {
    with_pool({.threads = 4}, [](ThreadPool& pool) -> Task<> {
        std::atomic<int> inside{0};
        std::atomic<int> peak{0};
        const auto square = [&](int n) {
            const int now = ++inside;
            for (int seen = peak; now > seen && !peak.compare_exchange_weak(seen, now);) {
            }
            --inside;
            return n * n;
        };
        std::vector<int> items(200);
        for (int i = 0; i < 200; ++i) items[static_cast<std::size_t>(i)] = i;
        const std::vector<int> squares = co_await pool.map(items, square, 2);
        REQUIRE(squares.size() == 200);
        for (int i = 0; i < 200; ++i) CHECK(squares[static_cast<std::size_t>(i)] == i * i);
        CHECK(peak <= 2);
    });
}

TEST_CASE("map throws the first failure; map_settled tells of each item") {
    with_pool({.threads = 2}, [](ThreadPool& pool) -> Task<> {
        const auto odd_only = [](int n) {
            if (n % 2 == 0) throw std::runtime_error("even: " + std::to_string(n));
            return n;
        };
        const std::vector<int> items{1, 2, 3};
        std::string outcome;
        co_await tell(pool.map(items, odd_only, 1), outcome);
        CHECK(outcome == "even: 2");
        const auto settled = co_await pool.map_settled(items, odd_only);
        REQUIRE(settled.size() == 3);
        CHECK(settled[0].value == 1);
        CHECK_FALSE(settled[1]);
        CHECK(describe(settled[1].error) == "even: 2");
        CHECK(settled[2].value == 3);
    });
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve terabytes
TEST_CASE("a pool that cannot make its threads says how many it made and leaves none behind") {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(make_too_many_threads());
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_CASE("without an offered pool to_thread says what is missing") {
    EventLoop loop;
    std::string outcome;
    const auto nothing = [] {};
    loop.run(tell(to_thread(nothing), outcome));
    CHECK(outcome == "to_thread: this event loop has no default thread pool; offer() one to it");
}
