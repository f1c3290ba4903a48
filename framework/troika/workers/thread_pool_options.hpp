#pragma once

#include <troika/workers/durations.hpp>
#include <troika/workers/job_outcome.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troika::workers {

struct ThreadPoolOptions {
    int threads = 0;                 // 0: usable CPUs + 4, at most 32 (they mostly wait)
    std::size_t queue_limit = 1024;  // waiting jobs beyond this: Overloaded
    std::chrono::milliseconds queue_wait{5000};  // longest wait for a thread, then Overloaded
    // Threads made in place of abandoned ones, at most; 0: as many as `threads`, below 0: none.
    int replacements = 0;
    // While calls come in quick succession, an idle thread looks for the next one that long before it
    // sleeps, which spares waking a CPU. 0, or a single usable CPU: never.
    std::chrono::microseconds spin{20};
    std::string name = "threads";  // in errors and metrics
};

struct ThreadPoolStats {
    std::size_t threads = 0;      // wanted
    std::size_t alive = 0;        // now; more while some are abandoned
    std::size_t busy = 0;         // now, abandoned ones included
    std::size_t depth = 0;        // waiting now
    std::size_t abandoned = 0;    // threads whose caller has left, now
    std::uint64_t submitted = 0;  // let in: not refused at once
    JobOutcomes outcomes{};
    std::uint64_t abandoned_total = 0;       // threads whose caller left while they were at work
    std::uint64_t replaced_total = 0;        // threads made because others were abandoned
    Durations wait{};                        // of everything taken from the queue
    Durations run{};                         // of everything that ended
    std::chrono::nanoseconds busy_total{0};  // the same, and what is running
};

}  // namespace troika::workers
