// What leaving the loop costs with troika: to_thread and to_process one at a time (round trip) and 64
// in flight (throughput), and what a task costs while it sleeps and while it comes and goes. Beside
// each figure its target; bench_offload_reference shows what the kernel allows.

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/to_process.hpp>
#include <troika/workers/to_thread.hpp>
#include <troika/workers/usable_cpus.hpp>
#include <troika/workers/zygote.hpp>

#include <malloc.h>
#include <sched.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troika::ProcessPool;
using troika::Task;
using troika::TaskGroup;
using troika::ThreadPool;
using Clock = std::chrono::steady_clock;

constexpr int kRoundTrips = 20'000;
constexpr int kInFlight = 64;
constexpr int kJobs = 3000 * kInFlight;
constexpr int kSleepers = 10'000;
constexpr int kSpawned = 100'000;
constexpr int kBatch = 100;

std::string echo(const std::string& text) { return text; }
const auto echo_job = troika::job<"bench.echo">(echo);

constexpr std::size_t kLarge = std::size_t{64} << 20;
std::string make_large() { return std::string(kLarge, 'x'); }
const auto large_job = troika::job<"bench.large">(make_large);

// The primes in [from, to), each number tried by every odd one up to its root.
int count_primes(int from, int to) {
    int count = 0;
    for (int n = std::max(from, 2); n < to; ++n) {
        bool prime = n == 2 || n % 2 != 0;
        for (int d = 3; prime && d * d <= n; d += 2) prime = n % d != 0;
        if (prime) ++count;
    }
    return count;
}
const auto primes_job = troika::job<"bench.primes">(count_primes);

// Memory that the zygote has, and with it every worker.
struct Ballast {
    explicit Ballast(int megabytes) : bytes(static_cast<std::size_t>(megabytes) << 20, 'x') {}
    std::string bytes;
};

// A worker that wakes a thousand times while somebody of the same niceness keeps its CPU busy: what nine
// of ten times it waits less than, in microseconds, under a scheduling policy.
double wait_for_busy_cpu(int policy) {
    const sched_param parameters{};
    ::sched_setscheduler(0, policy, &parameters);
    cpu_set_t before, one;
    ::sched_getaffinity(0, sizeof before, &before);
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);
    const pid_t busy = ::fork();
    if (busy == 0) {
        ::sched_setscheduler(0, SCHED_OTHER, &parameters);
        while (::getppid() != 1) {
        }
        ::_exit(0);
    }
    std::vector<double> waits;
    for (int i = 0; i < 1000; ++i) {
        const auto due =
            std::chrono::steady_clock::now() + std::chrono::microseconds(1000 + i % 7 * 300);
        std::this_thread::sleep_until(due);
        waits.push_back(std::chrono::duration<double, std::micro>(Clock::now() - due).count());
    }
    ::kill(busy, SIGKILL);
    ::waitpid(busy, nullptr, 0);
    ::sched_setaffinity(0, sizeof before, &before);
    ::sched_setscheduler(0, SCHED_BATCH, &parameters);
    const auto at = waits.begin() + static_cast<std::ptrdiff_t>(waits.size() * 9 / 10);
    std::nth_element(waits.begin(), at, waits.end());
    return *at;
}
const auto wait_job = troika::job<"bench.wait">(wait_for_busy_cpu);

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void print(const char* what, double value, const char* unit, double target, bool at_least = false) {
    const bool met = at_least ? value >= target : value <= target;
    std::printf("%-58s %10.1f %-7s target %s %8.0f  %s\n", what, value, unit,
                at_least ? ">=" : "<=", target, met ? "met" : "MISSED");
    std::fflush(stdout);
}

struct OnThread {
    Task<> operator()() const {
        const auto nothing = [] {};
        co_await troika::to_thread(nothing);
    }
};

struct InProcess {
    Task<> operator()() const {
        const std::string payload(256, 'x');
        co_await troika::to_process(echo_job, payload);
    }
};

// Seconds of one call, the median.
template <typename Call>
Task<double> round_trip(Call call) {
    for (int i = 0; i < kInFlight; ++i) co_await call();  // warm
    std::vector<double> times;
    times.reserve(kRoundTrips);
    for (int i = 0; i < kRoundTrips; ++i) {
        const auto start = Clock::now();
        co_await call();
        times.push_back(seconds_since(start));
    }
    co_return median(times);
}

template <typename Call>
Task<> repeat(Call call, int times) {
    for (int i = 0; i < times; ++i) co_await call();
}

// Calls a second, that many tasks calling one after the other.
template <typename Call>
Task<double> throughput(Call call) {
    TaskGroup group("in flight");
    const auto start = Clock::now();
    for (int i = 0; i < kInFlight; ++i) group.spawn("caller", repeat(call, kJobs / kInFlight));
    co_await group.join();
    co_return kJobs / seconds_since(start);
}

std::size_t allocated() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

Task<> sleeper() { co_await troika::sleep_for(1h); }

Task<double> bytes_per_sleeper() {
    TaskGroup group("sleepers");
    const std::size_t before = allocated();
    for (int i = 0; i < kSleepers; ++i) group.spawn("sleeper", sleeper());
    co_await troika::sleep_for(50ms);  // all of them have begun
    const double result = static_cast<double>(allocated() - before) / kSleepers;
    group.cancel(troika::CancelReason::asked);
    co_await group.join();
    co_return result;
}

Task<> nothing() { co_return; }

Task<double> nanoseconds_per_task() {
    const auto start = Clock::now();
    for (int i = 0; i < kSpawned / kBatch; ++i) {
        TaskGroup group("batch");
        for (int j = 0; j < kBatch; ++j) group.spawn("task", nothing());
        co_await group.join();
    }
    co_return seconds_since(start) * 1e9 / kSpawned;
}

constexpr int kPrimesTo = 10'000'000;
constexpr int kPrimes = 664'579;
constexpr int kPart = 50'000;

// Milliseconds for all parts, `limit` of them at a time.
Task<double> primes(ProcessPool& processes, std::size_t limit) {
    std::vector<std::pair<int, int>> parts;
    // The last ones take longest, so they come first.
    for (int to = kPrimesTo; to > 0; to -= kPart) parts.emplace_back(to - kPart, to);
    const auto start = Clock::now();
    auto counting = processes.map(parts, primes_job, limit);
    const std::vector<int> counts = co_await std::move(counting);
    const double passed = seconds_since(start) * 1e3;
    if (std::accumulate(counts.begin(), counts.end(), 0) != kPrimes)
        throw std::runtime_error("the primes are miscounted");
    co_return passed;
}

// Milliseconds until a result of 64 MB is here as a string, beside copying one once.
Task<> measure_large(ProcessPool& processes) {
    std::vector<double> results, copies;
    for (int i = 0; i < 5; ++i) {
        auto start = Clock::now();
        const std::string result = co_await processes.run(large_job);
        results.push_back(seconds_since(start) * 1e3);
        start = Clock::now();
        const std::string copy = result;  // NOLINT(performance-unnecessary-copy-initialization)
        copies.push_back(seconds_since(start) * 1e3);
        if (copy.size() != kLarge) throw std::runtime_error("a result is too short");
    }
    std::printf("%-58s %10.1f ms\n", "a result of 64 MB, made and received", median(results));
    std::printf("%-58s %10.1f ms\n", "64 MB copied once", median(copies));
}

// Milliseconds, the median of three kills: the fourth within ten seconds would be replaced later.
Task<double> replacement(ProcessPool& processes) {
    std::vector<double> times;
    for (int i = 0; i < 3; ++i) {
        co_await troika::sleep_for(200ms);
        co_await processes.wait_ready();
        const auto births = processes.stats().births();
        const auto start = Clock::now();
        ::kill(processes.stats().pids.front(), SIGKILL);
        while (processes.stats().births() == births) co_await troika::sleep_for(1ms);
        times.push_back(seconds_since(start) * 1e3);
        co_await processes.run(echo_job, std::string());
    }
    co_return median(times);
}

Task<> measure_replacement(troika::EventLoop& loop, int megabytes, double target) {
    troika::ProcessPoolOptions options{.processes = 1};
    options.zygote =
        troika::workers::Zygote::process_wide()->fork_with({troika::preload<Ballast>(megabytes)});
    ProcessPool pool(loop, std::move(options));
    co_await pool.wait_ready();
    const std::string what =
        "a killed worker's replacement is ready, " + std::to_string(megabytes) + " MB preloaded";
    const double value = co_await replacement(pool);
    print(what.c_str(), value, "ms", target);
    co_await pool.stop(troika::StopMode::drain, 10s);
}

// One worker for each CPU there is, beside one of them alone; in turns, because machines change their speed.
Task<> measure_scaling(troika::EventLoop& loop) {
    const int cpus = troika::workers::usable_cpus();
    ProcessPool pool(loop, {.processes = cpus});
    co_await pool.wait_ready();
    std::vector<double> ones, alls, ratios;
    for (int i = 0; i < 3; ++i) {
        ones.push_back(co_await primes(pool, 1));
        alls.push_back(co_await primes(pool, static_cast<std::size_t>(cpus)));
        ratios.push_back(ones.back() / alls.back() / cpus);
    }
    const std::string all = "primes to 10,000,000 on " + std::to_string(cpus) + " workers";
    std::printf("%-58s %10.1f ms\n", "primes to 10,000,000 on one worker", median(ones));
    std::printf("%-58s %10.1f ms\n", all.c_str(), median(alls));
    print("as fast, for each worker, as one alone", 100 * median(ratios), "%", 95, true);
    co_await pool.stop(troika::StopMode::drain, 10s);
}

Task<> measure_work(ProcessPool& processes) {
    co_await measure_scaling(processes.loop());
    co_await measure_large(processes);
    double value = co_await replacement(processes);
    print("a killed worker's replacement is ready", value, "ms", 10);
    co_await measure_replacement(processes.loop(), 100, 10);
    co_await measure_replacement(processes.loop(), 1100, 18);
    value = co_await processes.run(wait_job, SCHED_BATCH);
    std::printf("%-58s %10.1f us\n", "a waking worker waits for a busy CPU, SCHED_BATCH, 90 %",
                value);
    value = co_await processes.run(wait_job, SCHED_OTHER);
    std::printf("%-58s %10.1f us\n", "a waking worker waits for a busy CPU, SCHED_OTHER, 90 %",
                value);
}

Task<> measure(ThreadPool& threads, ProcessPool& processes) {
    const OnThread on_thread;
    const InProcess in_process;
    co_await processes.wait_ready();
    double value = co_await round_trip(on_thread);
    print("to_thread, round trip, median", value * 1e6, "us", 20);
    value = co_await throughput(on_thread);
    print("to_thread, 64 in flight on 4 threads", value / 1e3, "k/s", 300, true);
    value = co_await round_trip(in_process);
    print("to_process, 256 bytes, round trip, median", value * 1e6, "us", 25);
    value = co_await throughput(in_process);
    print("to_process, 256 bytes, 64 in flight on 2 workers", value / 1e3, "k/s", 100, true);
    co_await measure_work(processes);
    value = co_await bytes_per_sleeper();
    print("a sleeping task among 10,000", value, "bytes", 1024);
    value = co_await nanoseconds_per_task();
    print("spawn and join of a task, in batches of 100", value, "ns", 200);
    co_await processes.stop(troika::StopMode::drain, 10s);
    co_await threads.stop(troika::StopMode::drain, 10s);
}

}  // namespace

int main(int argc, char** argv) try {
    troika::workers::Zygote::start();  // before the first thread
    troika::EventLoop loop;
    using std::chrono::microseconds;
    const bool spins = argc < 2 || std::string_view(argv[1]) != "no-spin";
    const troika::ThreadPoolOptions as_made;
    ThreadPool threads(loop, {.threads = 4, .spin = spins ? as_made.spin : microseconds(0)});
    const troika::ProcessPoolOptions defaults;
    ProcessPool processes(loop, {.processes = 2, .spin = spins ? defaults.spin : microseconds(0)});
    loop.offer(&threads);
    loop.offer(&processes);
    loop.run(measure(threads, processes));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_workers: %s\n", error.what());
    return 1;
}
