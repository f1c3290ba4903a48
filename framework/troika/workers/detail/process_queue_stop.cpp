#include <troika/base/error.hpp>
#include <troika/workers/detail/process_queue.hpp>

// What a pool does with its jobs and workers when it stops.
namespace troika::workers::detail {

void ProcessQueue::fail_all(JobOutcome outcome, const std::exception_ptr& error) {
    while (!queue_.empty()) {
        ProcessJob& job = *queue_.front();
        dequeue(job);
        job.fail(outcome, error);
    }
    update_events();
}

void ProcessQueue::fail_queued() {
    gave_up_ = true;
    fail_all(JobOutcome::stopped,
             std::make_exception_ptr(Stopped("process pool " + options_.name + " has stopped")));
}

void ProcessQueue::stop_jobs() noexcept {
    for (const auto& worker : workers_) {
        if (worker->has_job()) worker->stop_job();
    }
}

void ProcessQueue::let_workers_go() noexcept {
    idle_.clear();
    for (const auto& worker : workers_) {
        if (!worker->has_job()) worker->leave();
    }
    update_events();
    if (empty()) watch_->stop();
}

}  // namespace troika::workers::detail
