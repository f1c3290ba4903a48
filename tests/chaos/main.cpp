// chaos [--seconds N] [--seed S] [--hungry FILE]: jobs of every kind, good and bad, on a pool whose
// workers, zygote and standby are killed all the while and whose callers lose patience. Every call must
// end in one outcome, and in a right one; when it is over nothing may be left: no process, no
// descriptor, no memory. Exits 1 where something was not so, and says what. FILE is where the kernel
// counts whom it has killed in the memory cgroup chaos runs in (with_little_memory.sh): then there are
// jobs, too, that take all there is.

#include "caller.hpp"
#include "process_tree.hpp"
#include "saboteur.hpp"
#include "temporary_folder.hpp"
#include "verdicts.hpp"

#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/thread_pool.hpp>
#include <troika/workers/zygote.hpp>

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troika::Task;
using Clock = std::chrono::steady_clock;

constexpr int kCallers = 24;
constexpr int kWorkers = 4;
constexpr auto kRound = 5s;
constexpr double kMostLag = 50.0;     // milliseconds
constexpr double kMostGrowth = 24.0;  // megabytes, from the second round on

struct Settings {
    int seconds = 300;
    std::uint64_t seed = std::random_device{}();
    std::string memory_kills;  // the file; empty: memory is not short
};

double resident_megabytes() {
    ::malloc_trim(0);
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return static_cast<double>(pages) * 4096 / (1 << 20);
}

// How many processes the kernel has killed for want of memory, says such a file.
std::uint64_t memory_kills(const std::string& path) {
    std::ifstream file(path);
    std::string key;
    std::uint64_t value = 0;
    while (file >> key >> value)
        if (key == "oom_kill") return value;
    return 0;
}

// Milliseconds this thread has been ready to run while others had the CPU, so far.
class TimeInRunQueue final {
  public:
    double now() const {
        char text[96] = {};
        unsigned long long running = 0, waiting = 0;  // nanoseconds
        if (::pread(file_.get(), text, sizeof text - 1, 0) <= 0) return 0;
        const bool known = std::sscanf(text, "%llu %llu", &running, &waiting) == 2;
        return known ? static_cast<double>(waiting) / 1e6 : 0;
    }

  private:
    troika::UniqueFd file_{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
};

// Milliseconds that loop turns came too late, sampled all the while: in all, and without the time in
// which the loop was ready and others had the CPU, so what it or the framework is to blame for.
struct Lags {
    std::vector<double> all;
    std::vector<double> own;
};

Task<> watch_lag(const bool& done, Lags& lags) {
    const TimeInRunQueue run_queue;
    while (!done) {
        const auto due = Clock::now() + 5ms;
        const double before = run_queue.now();
        co_await troika::sleep_for(5ms);
        const double lag = std::chrono::duration<double, std::milli>(Clock::now() - due).count();
        lags.all.push_back(lag);
        lags.own.push_back(std::max(0.0, lag - (run_queue.now() - before)));
    }
}

// The value that so great a part of them does not exceed.
double quantile(std::vector<double>& values, double part) {
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

Task<bool> settle(const troika::ProcessPool& pool) {
    const auto limit = Clock::now() + 20s;
    while (Clock::now() < limit) {
        const auto stats = pool.stats();
        if (stats.busy == 0 && stats.depth == 0 && stats.ready >= kWorkers) co_return true;
        co_await troika::sleep_for(5ms);
    }
    co_return false;
}

class Chaos final {
  public:
    explicit Chaos(const Settings& settings) : settings_(settings) {}

    Task<> run(troika::ProcessPool& pool) {
        chaos::Saboteur saboteur(pool, *troika::workers::Zygote::process_wide(), settings_.seed);
        const auto end = Clock::now() + std::chrono::seconds(settings_.seconds);
        for (int round = 0; Clock::now() < end; ++round) {
            co_await one_round(pool, saboteur, round);
            const bool settled = co_await settle(pool);
            require(settled, "the pool did not become ready again within 20 s: " +
                                 pool.not_ready().value_or("no reason"));
            tell(pool, round);
        }
        const std::uint64_t kernel = memory_kills(settings_.memory_kills);
        require(verdicts_.sabotaged() <= saboteur.workers_killed() + kernel,
                "more innocent jobs died than workers were killed");
        if (!settings_.memory_kills.empty()) {
            require(kernel > 0, "memory was never short");
            std::printf("%llu workers killed by the kernel, out of memory\n", count(kernel));
        }
        const auto mailed = pool.stats().mailed;
        require(mailed > 0, "no answer came through shared memory");
        std::printf("%llu answers through shared memory, %llu through a socket\n", count(mailed),
                    count(pool.stats().run.count() - mailed));
        std::printf(
            "%llu calls; from outside: %llu workers killed, %llu asked to leave, %llu times "
            "zygote or standby, %llu times both paused\n",
            count(verdicts_.total()), count(saboteur.workers_killed()),
            count(saboteur.workers_asked()), count(saboteur.zygotes_killed()),
            count(saboteur.families_paused()));
        verdicts_.print();
        judge_counts(pool.stats());
        judge_lag();
    }

    void require(bool holds, const std::string& what) {
        if (holds) return;
        failed_ = true;
        std::printf("FAILED: %s\n", what.c_str());
        std::fflush(stdout);
    }
    bool failed() const noexcept { return failed_ || verdicts_.wrong() > 0; }

  private:
    static unsigned long long count(std::uint64_t value) { return value; }

    Task<> one_round(troika::ProcessPool& pool, chaos::Saboteur& saboteur, int round) {
        bool done = false;
        std::deque<chaos::Caller> callers;
        troika::TaskGroup group("round");
        for (int i = 0; i < kCallers; ++i) {
            const auto seed = settings_.seed + static_cast<std::uint64_t>(round * 1000 + i);
            callers.emplace_back(pool, verdicts_, seed, !settings_.memory_kills.empty());
            group.spawn("caller", callers.back().call_until(done));
        }
        group.spawn("saboteur", saboteur.work_until(done));
        group.spawn("lag", watch_lag(done, lags_));
        co_await troika::sleep_for(
            std::min<Clock::duration>(kRound, std::chrono::seconds(settings_.seconds)));
        done = true;
        co_await group.join();
    }

    void tell(const troika::ProcessPool& pool, int round) {
        const int descriptors = troika::testing::descriptor_count(::getpid());
        const double memory = resident_megabytes();
        if (round <= 1) {
            descriptors_ = std::max(descriptors_, descriptors);
            memory_ = memory;
        }
        // A standby or a replaced worker may be on its way, with three descriptors at most each.
        require(descriptors <= descriptors_ + 12,
                "descriptors leak: " + std::to_string(descriptors) + " after " +
                    std::to_string(descriptors_));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        require(memory <= memory_ + kMostGrowth,
                "memory grows: " + std::to_string(memory) + " MB after " + std::to_string(memory_));
#endif
        const auto stats = pool.stats();
        std::printf("round %d: %llu calls, %llu births, %d descriptors, %.1f MB\n", round,
                    count(verdicts_.total()), count(stats.births()), descriptors, memory);
        std::fflush(stdout);
    }

    // What the pool says of its calls and what their callers saw.
    void judge_counts(const troika::workers::ProcessPoolStats& stats) {
        const std::string prefix = "chaos.";
        for (const auto& [name, job] : stats.jobs) {
            const std::uint64_t seen = verdicts_.total(name.substr(prefix.size()));
            const std::uint64_t told = job.outcomes.total();
            require(told == seen || verdicts_.wrong() > 0,
                    name + ": " + std::to_string(told) + " outcomes are counted, and " +
                        std::to_string(seen) + " calls ended");
            require(job.depth == 0 && job.running == 0, name + ": its calls are still counted");
        }
    }

    void judge_lag() {
        double load = 0;
        ::getloadavg(&load, 1);
        const auto tell = [](const char* whose, std::vector<double>& lags) {
            std::printf("lag of the loop, %s: median %.1f ms, 99 %% %.1f ms, longest %.1f ms\n",
                        whose, quantile(lags, 0.5), quantile(lags, 0.99), quantile(lags, 1));
        };
        tell("in all", lags_.all);
        tell("its own", lags_.own);
        std::printf("load %.1f\n", load);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        // A virtual machine's pauses count as its own, and nothing tells them apart: one look in 10,000
        // may meet one, and none so long that it would be the loop's.
        require(quantile(lags_.own, 0.9999) < kMostLag, "the loop's own lag exceeds its limit");
        require(quantile(lags_.own, 1) < 5 * kMostLag, "the loop's own lag exceeds all bounds");
#endif
    }

    const Settings settings_;
    chaos::Verdicts verdicts_;
    Lags lags_;
    int descriptors_ = 0;
    double memory_ = 0;
    bool failed_ = false;
};

Settings parse(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        char* end = nullptr;
        const auto value = i + 1 < argc ? std::strtoull(argv[i + 1], &end, 10) : 0;
        if (name == "--hungry" && i + 1 < argc) {
            settings.memory_kills = argv[i + 1];
            continue;
        }
        const bool known = name == "--seconds" || name == "--seed";
        if (!known || end == nullptr || end == argv[i + 1] || *end != '\0') {
            std::fprintf(stderr, "chaos [--seconds N] [--seed N] [--hungry FILE]: not %s\n",
                         argv[i]);
            std::exit(2);
        }
        if (name == "--seconds") settings.seconds = static_cast<int>(value);
        if (name == "--seed") settings.seed = value;
    }
    return settings;
}

// What is left of the pool's processes, those that jobs forked too.
std::string leftovers() {
    std::string found;
    for (const auto& process : troika::testing::processes_in_session(::getsid(0))) {
        const bool ours = process.name.substr(0, 7) == "troika-" || process.parent == ::getpid();
        if (ours) found += " " + process.name + " " + std::to_string(process.pid);
    }
    return found;
}

}  // namespace

int main(int argc, char** argv) try {
    const Settings settings = parse(argc, argv);
    std::printf("chaos for %d s with --seed %llu\n", settings.seconds,
                static_cast<unsigned long long>(settings.seed));
    std::fflush(stdout);
    ::setsid();  // so that what is left can be told from others'
    const int before = troika::testing::descriptor_count(::getpid());
    troika::workers::Zygote::start();
    troika::log::set_sink([](const troika::log::Record&) {});
    Chaos chaos(settings);
    {
        troika::EventLoop loop;
        troika::ThreadPool threads(loop, {.threads = 2});
        troika::ProcessPoolOptions options{.processes = kWorkers};
        options.stop_grace = 50ms;
        options.birth_timeout = 1000ms;
        // Long enough for frames to take both ways, through shared memory and through the socket.
        options.spin = 2ms;
        options.recycle = {.jobs = 500, .memory = 256 << 20, .age = 3s};
        troika::ProcessPool pool(loop, std::move(options));
        loop.offer(&threads);
        loop.run(
            [](Chaos& chaos, troika::ThreadPool& threads, troika::ProcessPool& pool) -> Task<> {
                co_await pool.wait_ready();
                co_await chaos.run(pool);
                co_await pool.stop(troika::StopMode::drain, 10s);
                co_await threads.stop(troika::StopMode::drain, 10s);
            }(chaos, threads, pool));
    }
    troika::workers::Zygote::process_wide()->stop();
    // Whoever adopts the children of dead workers reaps them in its own time.
    std::string left = leftovers();
    for (int looks = 0; looks < 500 && !left.empty(); ++looks) {
        ::poll(nullptr, 0, 10);
        left = leftovers();
    }
    chaos.require(left.empty(), "processes are left:" + left);
    const int after = troika::testing::descriptor_count(::getpid());
    chaos.require(after == before, "descriptors: " + std::to_string(before) + " before, " +
                                       std::to_string(after) + " after");
    std::printf(
        chaos.failed() ? "chaos: FAILED (--seed %llu)\n" : "chaos: all well (--seed %llu)\n",
        static_cast<unsigned long long>(settings.seed));
    return chaos.failed() ? 1 : 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return 1;
}
