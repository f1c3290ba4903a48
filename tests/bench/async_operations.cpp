#include <troika/async/channel.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/gather.hpp>
#include <troika/async/semaphore.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/use_task.hpp>
#include <troika/async/watchdog.hpp>

#include <malloc.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <vector>

// What the pieces of async/ cost; asyncio_operations.py measures the same pieces of asyncio under the
// same names, and structured.py prints the two side by side. Each figure is the best of five rounds.

using namespace troika;
using namespace std::chrono_literals;

namespace {

constexpr int kRounds = 5;
constexpr int kTasks = 100'000;
constexpr int kOperations = 200'000;
constexpr int kGathered = 1000;
constexpr int kDenser = 50;  // 11 ms between probes instead of 550 ms

void print(const char* name, double value) {
    std::printf("%s %.3f\n", name, value);
    std::fflush(stdout);
}

double cpu_now() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// CPU nanoseconds of one of `count` operations.
double best(const std::function<Task<>()>& work, int count) {
    double least = 1e18;
    for (int round = 0; round < kRounds; ++round) {
        EventLoop loop;
        const double before = cpu_now();
        loop.run(work());
        least = std::min(least, cpu_now() - before);
    }
    return least / count;
}

double allocated() { return static_cast<double>(::mallinfo2().uordblks); }

Task<> nap() { co_await sleep_for(1h); }
Task<> nothing() { co_return; }

// The sleeping task with all that belongs to it: frames, scope, name, timer.
Task<> sleeping_tasks() {
    const double before = allocated();
    TaskGroup group("sleepers");
    for (int i = 0; i < kTasks; ++i) group.spawn("nap", nap());
    co_await sleep_for(1ms);
    print("bytes_per_sleeping_task", (allocated() - before) / kTasks);
    group.cancel(CancelReason::asked);
    co_await group.join();
}

Task<> spawn_and_join() {
    TaskGroup group("spawned");
    for (int i = 0; i < kOperations; ++i) {
        group.spawn("nothing", nothing());
        if (i % 100 == 99) co_await group.join();
    }
}

Task<> acquire() {
    Semaphore semaphore(1);
    for (int i = 0; i < kOperations; ++i) const auto permit = co_await semaphore.acquire();
}

Task<> contend(Semaphore& semaphore, int times) {
    for (int i = 0; i < times; ++i) {
        const auto permit = co_await semaphore.acquire();
        co_await sleep_for(0s);
    }
}

Task<> acquire_contended() {
    Semaphore semaphore(1);
    co_await gather(contend(semaphore, kOperations / 40), contend(semaphore, kOperations / 40));
}

Task<> produce(Channel<int>& channel) {
    for (int i = 0; i < kOperations; ++i) co_await channel.send(i);
    channel.close();
}
Task<> consume(Channel<int>& channel) {
    int items = 0;
    while (const auto item = co_await channel.receive()) ++items;
}
Task<> put_and_get() {
    Channel<int> channel(100);
    co_await gather(produce(channel), consume(channel));
}

Task<> gather_many() {
    for (int round = 0; round < 100; ++round) {
        std::vector<Task<>> tasks;
        tasks.reserve(kGathered);
        for (int i = 0; i < kGathered; ++i) tasks.push_back(nothing());
        co_await gather(std::move(tasks));
    }
}

// ------------------------------------------------------------------------- the loop guard's cost
namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

Task<> echo(Socket& from, Socket& to, int times) {
    char bytes[256] = {};
    const auto buffer = asio::buffer(bytes);
    for (int i = 0; i < times; ++i) {
        co_await asio::async_write(from, buffer, use_task);
        co_await asio::async_read(to, buffer, use_task);
    }
}

// CPU nanoseconds of the whole process, watchdog thread included, for a loop that is never idle.
double echo_load(std::chrono::milliseconds probe_interval) {
    EventLoop loop;
    std::unique_ptr<Watchdog> guard;
    double sum = 0;
    if (probe_interval.count() > 0) {
        WatchdogOptions options;
        options.probe_interval = probe_interval;
        options.on_lag = [&](std::chrono::nanoseconds lag) {
            sum += std::chrono::duration<double>(lag).count();
        };
        guard = std::make_unique<Watchdog>(loop, std::move(options));
    }
    Socket left(loop.io()), right(loop.io());
    asio::local::connect_pair(left, right);
    const double before = cpu_now();
    loop.run(echo(left, right, kOperations / 2));
    return cpu_now() - before;
}

// Many more probes than by default, so that their cost rises above the noise of the load; the figure
// is their part of what they add, in per cent of the load.
void guard_cost() {
    double without = 1e18, with = 1e18;
    for (int round = 0; round < kRounds; ++round) {  // in turns, so that both see the same machine
        without = std::min(without, echo_load(0ms));
        with = std::min(with, echo_load(WatchdogOptions{}.probe_interval / kDenser));
    }
    const double added = (with - without) / without * 100;
    print("guard_denser", kDenser);
    print("guard_percent_denser", added);
    print("guard_percent", added / kDenser);
}

}  // namespace

int main() {
    {
        EventLoop loop;
        loop.run(sleeping_tasks());
    }
    print("spawn_and_join", best(spawn_and_join, kOperations));
    print("acquire", best(acquire, kOperations));
    print("acquire_contended", best(acquire_contended, kOperations / 20));
    print("put_and_get", best(put_and_get, kOperations));
    print("gather_of_1000", best(gather_many, 100));
    guard_cost();
}
