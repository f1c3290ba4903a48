#include <troika/observe/log.hpp>
#include <troika/workers/detail/pool_worker.hpp>
#include <troika/workers/detail/process_queue.hpp>
#include <troika/workers/remote_error.hpp>

#include <utility>

// What the end of a worker means: for its job, for whoever reads the log, for its place.
namespace troika::workers::detail {
namespace {

std::exception_ptr died(const std::string& job, const ExitReport& report) {
    return std::make_exception_ptr(WorkerDied({.job = job,
                                               .pid = report.pid,
                                               .signal = report.signal,
                                               .exit_code = report.exit_code,
                                               .reason = report.reason,
                                               .usage = report.usage}));
}

// A death in a job is its caller's error and logged where that ends; nobody else hears of these.
// `job`: the one it was killed for after its caller had left, or none.
void log_end(const std::string& pool, const ExitReport& report, ProcessQueue::Ending ending,
             std::optional<RecycleCause> recycled, std::string_view job) {
    using Ending = ProcessQueue::Ending;
    if (ending == Ending::unborn) return;  // its zygote's death has a line of its own
    const std::string exit = report.signal != 0 ? signal_name(report.signal)
                                                : "status " + std::to_string(report.exit_code);
    if (ending == Ending::death && report.pid < 0) {
        log::warning("a worker could not be forked", {{"pool", pool}, {"reason", report.reason}});
    } else if (ending == Ending::death && job.empty()) {
        log::warning("a worker died outside a job", {{"pool", pool},
                                                     {"worker", report.pid},
                                                     {"reason", report.reason},
                                                     {"exit", exit},
                                                     {"usage", report.usage}});
    } else if (ending == Ending::death && !report.killed_by_us) {
        log::warning("a worker died in a job that was given up", {{"pool", pool},
                                                                  {"worker", report.pid},
                                                                  {"job", job},
                                                                  {"reason", report.reason},
                                                                  {"exit", exit},
                                                                  {"usage", report.usage}});
    } else if (report.killed_by_us) {
        log::warning("a worker was killed", {{"pool", pool},
                                             {"worker", report.pid},
                                             {"job", job},
                                             {"reason", report.reason},
                                             {"usage", report.usage}});
    } else if (recycled) {
        log::info("a worker made way for a fresh one", {{"pool", pool},
                                                        {"worker", report.pid},
                                                        {"cause", to_string(*recycled)},
                                                        {"usage", report.usage}});
    } else {
        log::info(
            "a worker left as asked",
            {{"pool", pool}, {"worker", report.pid}, {"reason", report.reason}, {"exit", exit}});
    }
}

}  // namespace

void PoolWorker::on_gone(const ExitReport& report) {
    arm(Clock::TimePoint::max());
    const State before = state_;
    // Who was asked to end and crashes instead has crashed.
    const bool as_we_wanted = report.killed_by_us || report.clean();
    ended_by_us_ = (ended_by_us_ || before == State::leaving) && as_we_wanted;
    const bool lost = has_job();
    const bool told = lost && lost_job(report);
    const bool told_to_leave = left_as_told(report);
    const auto gone = std::exchange(link_, nullptr);
    set_state(State::absent);
    using Ending = ProcessQueue::Ending;
    Ending ending = Ending::death;
    if (report.pid < 0 && report.reason == "it was never born") {
        ending = Ending::unborn;
    } else if (ended_by_us_) {
        ending = Ending::ours;
    } else if (report.clean() && (before != State::starting || told_to_leave) &&
               !(lost && running_.id != 0)) {
        ending = Ending::left;
    }
    const std::string job = end_running().name;  // its caller has left
    if (!told && !(ending == Ending::ours && queue_.stopping())) {
        log_end(queue_.options().name, report, ending, retiring_ ? outdated_ : std::nullopt, job);
    }
    queue_.worker_gone(
        *this, report, ending,
        had_job_ ? Replacement::Moment::later : Replacement::Moment::before_first_job);
}

// It had a SIGTERM, which says nothing of the job it was about to begin.
bool PoolWorker::left_as_told(const ExitReport& report) const noexcept {
    return report.clean() && link_->page().told_to_leave.load(std::memory_order_relaxed);
}

// Leaves running_.id set when the job had started, so that its end is a death. True: its caller was
// told of that.
bool PoolWorker::lost_job(const ExitReport& report) {
    if (report.killed_by_us) ++running_.stats->kills;
    const bool started = link_->page().started.load(std::memory_order_acquire) == running_.id;
    ProcessJob* const job = std::exchange(running_.job, nullptr);
    if (!started) {
        running_.id = 0;
        if (job == nullptr) return false;
        job->worker = nullptr;
        if (queue_.gave_up()) {
            job->fail(JobOutcome::stopped,
                      std::make_exception_ptr(
                          Stopped("process pool " + queue_.options().name + " has stopped")));
            return true;
        }
        const bool died_on_it = !left_as_told(report);
        if (died_on_it && job->requeued) {
            job->fail(JobOutcome::died, died(std::string(job->ref.name), report));
            return true;
        }
        job->requeued = job->requeued || died_on_it;
        job->probe = std::move(running_.probe);
        queue_.give_back(*job);
        return false;
    }
    had_job_ = true;
    if (!report.killed_by_us && !ended_by_us_) ++running_.stats->crashes[report.signal];
    const std::string name(job != nullptr ? job->ref.name : std::string_view(running_.name));
    // Our kill says nothing of a job, but a probe that had to be killed has not shown it is well.
    const bool failed_probe = running_.probe && !queue_.stopping();
    if (!ended_by_us_ || failed_probe) queue_.job_died(name);
    if (job == nullptr) return false;
    if (queue_.stopping() && ended_by_us_) {
        job->fail(JobOutcome::stopped,
                  std::make_exception_ptr(Stopped("job " + name + ": process pool " +
                                                  queue_.options().name + " has stopped")));
    } else {
        job->fail(JobOutcome::died, died(name, report));
    }
    return true;
}

}  // namespace troika::workers::detail
