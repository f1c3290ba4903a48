#include <troika/workers/detail/pool_worker.hpp>
#include <troika/workers/detail/process_queue.hpp>

#include <algorithm>

// Softly asking first a job to end, then a worker to leave.
namespace troika::workers::detail {

// The running job is nobody's any more. It is asked to end; only a deadline or a shutdown kills it.
void PoolWorker::caller_left(CancelReason reason) noexcept {
    running_.deadline = std::min(running_.deadline, running_.job->callers_deadline());
    running_.name = running_.job->ref.name;
    if (reason == CancelReason::deadline) {
        const auto acting = running_.job->acting();
        queue_.late("job " + running_.name + ": its caller's deadline passed while it ran");
    }
    running_.job = nullptr;
    ask_to_stop();
    set_state(State::stopping);
    if (ended_by_us_) return;  // its grace runs already
    if (reason == CancelReason::deadline || reason == CancelReason::shutdown) {
        stop_in_grace();
    } else {
        arm(running_.deadline);
    }
}

void PoolWorker::ask_to_stop() noexcept {
    link_->page().stop_requested.store(running_.id, std::memory_order_relaxed);
}

void PoolWorker::stop_in_grace() noexcept {
    ended_by_us_ = true;
    arm(queue_.loop().now() + queue_.stop_grace());
}

void PoolWorker::stop_job() noexcept {
    ask_to_stop();
    stop_in_grace();
}

void PoolWorker::leave() noexcept {
    if (state_ == State::absent || state_ == State::leaving) {
        queue_.loop().timers().cancel(*this);
        return;
    }
    set_state(State::leaving);
    link_->close_gently();
    arm(queue_.loop().now() + queue_.stop_grace());
}

void PoolWorker::retire() noexcept {
    retiring_ = true;
    if (!has_job()) leave();
}

}  // namespace troika::workers::detail
