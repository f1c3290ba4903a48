#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/observe/metrics_delta.hpp>
#include <troika/workers/arguments.hpp>
#include <troika/workers/detail/log_bridge.hpp>
#include <troika/workers/detail/memory_in_use.hpp>
#include <troika/workers/detail/process_queue.hpp>

#include <algorithm>

// What a pool tells: what its workers say, its stats, why it is not ready.
namespace troika::workers::detail {

JobStats& ProcessQueue::stats_of(std::string_view job) {
    const auto found = stats_.jobs.find(job);
    return found != stats_.jobs.end() ? found->second : stats_.jobs[std::string(job)];
}

bool ProcessQueue::any_ready() const noexcept {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const auto& worker) { return worker->ready(); });
}

// Whatever a library prints before it aborts is an incident's best witness.
void ProcessQueue::printed(pid_t pid, std::string_view job, Stream stream, std::string_view line) {
    const bool error = stream == Stream::error;
    log::message(error ? log::Level::warning : log::Level::info,
                 error ? "a worker wrote to stderr" : "a worker wrote to stdout",
                 {{"line", line}, {"job", job}, {"worker", pid}, {"pool", options_.name}});
    if (error) last_words_ = line;
}

void ProcessQueue::log(pid_t pid, std::string_view line) {
    last_words_ = write_log_of_worker(pid, line);
}

void ProcessQueue::metrics(pid_t pid, std::string_view bytes) {
    if (!options_.on_metrics) return;
    try {
        options_.on_metrics(data::decode<MetricsDelta>(as_bytes(bytes)));
    } catch (const Error& error) {
        log::warning("metrics of a worker are lost", {{"worker", pid}, {"problem", error.what()}});
    }
}

bool ProcessQueue::zygote_is_gone() const { return options_.zygote->stats().gone; }

bool ProcessQueue::all_absent_for_good() const {
    return !zygote_problem_.empty() && empty() && zygote_is_gone();
}

Overloaded ProcessQueue::no_worker_left() const {
    return Overloaded("process pool " + options_.name + " has no worker left: " + zygote_problem_,
                      std::chrono::seconds(5), Overloaded::Cause::no_worker);
}

std::optional<std::string> ProcessQueue::not_ready() const {
    const std::string name = "process pool " + options_.name + ": ";
    if (stopping_) return name + "stopping";
    if (!zygote_problem_.empty()) return name + zygote_problem_;
    const auto strength =
        all_ready_.is_set() ? Replacement::Strength::full : Replacement::Strength::reduced;
    if (replacement_.hopeless(loop_.now(), strength)) {
        return name + std::to_string(Replacement::kUnbornLimit) +
               " workers in a row died before their first job; the last words: " + last_words_;
    }
    if (zygote_is_gone()) {
        return name + "the zygote and its standby are gone: no worker can be replaced";
    }
    if (!any_ready()) return name + "no worker is ready yet";
    return std::nullopt;
}

std::optional<std::string> ProcessQueue::not_alive() const {
    if (stopping_ || !all_absent_for_good()) return std::nullopt;
    return std::string(no_worker_left().what());
}

ProcessPoolStats ProcessQueue::stats() const {
    ProcessPoolStats stats = stats_;
    stats.processes = static_cast<std::size_t>(options_.processes);
    stats.rolling = rolling_;
    for (const auto& [name, job] : stats_.jobs) {
        stats.depth += job.depth;
        stats.running += job.running;
        stats.submitted += job.submitted;
        stats.outcomes += job.outcomes;
        stats.discarded += job.discarded;
        stats.wait += job.wait;
        stats.run += job.run;
    }
    stats.busy_total = stats.run.total();
    const auto now = loop_.now();
    for (const auto& worker : workers_) {
        if (worker->has_job()) ++stats.busy;
        stats.busy_total += worker->busy_for(now);
        if (!worker->ready()) continue;
        ++stats.ready;
        stats.pids.push_back(worker->pid());
    }
    for (const auto& [name, breaker] : breakers_) {
        if (breaker->open()) stats.suspended_jobs.push_back(name);
    }
    stats.takeovers = options_.zygote->stats().takeovers;
    return stats;
}

std::uint64_t ProcessQueue::resident_memory() const {
    std::uint64_t bytes = 0;
    for (const auto& worker : workers_) {
        if (!worker->ready()) continue;
        if (const auto memory = memory_in_use(worker->pid())) bytes += memory->resident;
    }
    return bytes;
}

}  // namespace troika::workers::detail
