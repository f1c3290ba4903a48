#pragma once

#include <troika/base/unique_function.hpp>
#include <troika/workers/durations.hpp>
#include <troika/workers/job_outcome.hpp>
#include <troika/workers/recycling.hpp>
#include <troika/workers/worker_hooks.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troika {
struct MetricsDelta;
}

namespace troika::workers {

class Zygote;

struct ProcessPoolOptions {
    int processes = 0;                           // 0: one per usable CPU (cgroup-aware)
    std::size_t queue_limit = 256;               // waiting jobs beyond this: Overloaded
    std::chrono::milliseconds queue_wait{5000};  // longest wait for a worker, then Overloaded
    std::chrono::milliseconds job_deadline{0};   // of a run, queue time excluded; 0: the caller's
    std::chrono::milliseconds stop_grace{1000};  // soft stop to SIGKILL
    std::chrono::milliseconds birth_timeout{3'000};   // request to birth; then its zygote hangs
    std::chrono::milliseconds start_timeout{10'000};  // request to ready, hooks included
    std::size_t max_argument = 256 * 1024 * 1024;     // bytes of one job's encoded arguments
    std::size_t max_result = 256 * 1024 * 1024;       // bytes of one job's encoded result
    std::size_t max_memory = 0;                       // RunOptions::max_memory of every job
    std::size_t max_open_files = 0;                   // RunOptions::max_open_files likewise
    // While jobs come in quick succession, an idle worker looks for the next one that long before it
    // sleeps, which spares waking a CPU. 0, or a single usable CPU: never.
    std::chrono::microseconds spin{30};
    RecycleOptions recycle{};
    std::string name = "processes";          // in errors and metrics
    std::vector<WorkerHook> worker_start{};  // run in this order in every fresh worker
    std::string settings{};                  // worker_settings(), until set_settings()
    std::shared_ptr<Zygote> zygote{};        // null: the process-wide one
    // What jobs counted in worker_metrics(), on the loop thread.
    UniqueFunction<void(const MetricsDelta&)> on_metrics{};
};

// What one call wants of its pool; 0: what the pool's options say. Below 0 it has passed already: as
// the rest of somebody else's deadline may.
struct RunOptions {
    std::chrono::nanoseconds deadline{0};     // of the run, queue time excluded
    std::chrono::milliseconds queue_wait{0};  // longest wait for a worker, then Overloaded
    // Bytes of address space the job may take beyond what its worker has mapped when it begins: then
    // std::bad_alloc, which the job may catch or its caller gets as a RemoteError.
    std::size_t max_memory = 0;
    // Descriptors the worker may hold meanwhile, its own four included: then EMFILE.
    std::size_t max_open_files = 0;
};

// What became of the jobs of one name, or of all.
struct JobStats {
    std::size_t depth = 0;        // waiting now
    std::size_t running = 0;      // now, those whose caller has left included
    std::uint64_t submitted = 0;  // let in: not refused at once
    JobOutcomes outcomes{};
    std::uint64_t discarded = 0;             // answers that nobody waited for any more
    std::uint64_t kills = 0;                 // of workers, by us
    std::map<int, std::uint64_t> crashes{};  // of workers, by signal; 0: it exited
    Durations wait{};                        // each time one got a worker or waited in vain
    Durations run{};                         // each time a worker had one, however it ended
};

struct ProcessPoolStats : JobStats {  // its kills and crashes outside of jobs too
    std::size_t processes = 0;        // wanted
    std::size_t ready = 0;            // idle or busy now
    std::size_t busy = 0;
    bool rolling = false;                              // workers are being replaced by roll()
    std::uint64_t mailed = 0;                          // answers that came without a system call
    std::uint64_t requeued = 0;                        // their worker ended before it started them
    Durations birth{};                                 // of each worker, request to ready
    std::chrono::nanoseconds busy_total{0};            // of all workers, running jobs included
    std::map<RecycleCause, std::uint64_t> recycled{};  // workers that made way for a fresh one
    std::map<std::string, JobStats, std::less<>> jobs{};  // by name
    std::uint64_t takeovers = 0;                          // times a standby became the zygote
    std::vector<std::string> suspended_jobs{};            // breaker open
    std::vector<pid_t> pids{};                            // of the ready workers

    std::uint64_t births() const noexcept { return birth.count(); }
};

}  // namespace troika::workers

namespace troika {
using workers::RunOptions;
}  // namespace troika
