#include <troika/workers/detail/outcome_of_cancel.hpp>
#include <troika/workers/detail/pool_worker.hpp>
#include <troika/workers/detail/process_job.hpp>
#include <troika/workers/detail/process_queue.hpp>

#include <utility>

namespace troika::workers::detail {

bool ProcessJob::start() {
    queue_.submit(*this);
    return true;
}

void ProcessJob::on_cancel() noexcept {
    if (worker == nullptr) {
        stats->outcomes.count(outcome_of_cancel(scope().reason(), JobOutcome::withdrawn));
        queue_.withdraw(*this);
    } else {
        stats->outcomes.count(outcome_of_cancel(scope().reason(), JobOutcome::cancelled));
        worker->caller_left(scope().reason());
        worker = nullptr;
    }
    complete_cancelled();
}

Parcel ProcessJob::await_resume() {
    finish();
    if (error_) std::rethrow_exception(std::move(error_));
    return std::move(output_);
}

}  // namespace troika::workers::detail
