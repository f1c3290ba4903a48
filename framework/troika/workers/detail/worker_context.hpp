#pragma once

#include <troika/data/binary.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/shared_page.hpp>

#include <signal.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troika::workers::detail {

// An object found by the address of its type's tag; never destroyed (workers leave by _exit).
struct Keepsake {
    const void* type_tag;
    void* object;
};

// All a zygote or worker process knows about itself. Null in the server: there it does not exist.
struct WorkerContext {
    pid_t server = -1;
    std::vector<Keepsake> preloads;
    std::vector<Keepsake> states;
    std::string settings;
    std::unique_ptr<Metrics> metrics;  // made when first asked for

    int channel = -1;
    SharedPage page;
    std::uint32_t generation = 0;
    std::uint64_t job_id = 0;
    std::int64_t deadline = 0;
    std::size_t max_result = 0;
    std::int64_t spin = 0;            // nanoseconds to look for the next frame before sleeping
    bool reports_memory = false;      // in the page, after each job
    pid_t forking = 0;                // this process, while its only thread forks
    volatile sig_atomic_t busy = 0;   // written here, read by the SIGTERM handler
    volatile sig_atomic_t leave = 0;  // the other way round
};

WorkerContext* worker_context() noexcept;
void set_worker_context(WorkerContext* context) noexcept;

void keep_preloaded(const void* type_tag, void* object);
void keep_worker_state(const void* type_tag, void* object);

// From a worker to its server, beside results: log lines, metric deltas. False when this process is
// no worker; ends the process when the channel is gone.
bool send_to_server(FrameKind kind, data::Bytes bytes);

// After each job: what worker_metrics() counted since the last time, if anything.
void send_metrics_to_server();

}  // namespace troika::workers::detail
