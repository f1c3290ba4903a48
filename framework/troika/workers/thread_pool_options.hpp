#pragma once

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
    std::size_t threads = 0;    // wanted
    std::size_t alive = 0;      // now; more while some are abandoned
    std::size_t busy = 0;       // now, abandoned ones included
    std::size_t depth = 0;      // waiting now
    std::size_t abandoned = 0;  // threads whose caller has left, now
    std::uint64_t submitted = 0;
    std::uint64_t finished = 0;
    std::uint64_t rejected = 0;   // queue full
    std::uint64_t expired = 0;    // waited too long
    std::uint64_t withdrawn = 0;  // cancelled before they ran
    std::uint64_t abandoned_total = 0;
    std::uint64_t replaced_total = 0;        // threads made because others were abandoned
    std::chrono::nanoseconds wait_total{0};  // of everything taken from the queue
    std::chrono::nanoseconds run_total{0};   // of everything that finished
    std::chrono::nanoseconds busy_total{0};  // the same, and what is running
};

}  // namespace troika::workers
