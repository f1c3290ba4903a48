#include <troika/observe/log.hpp>
#include <troika/workers/detail/process_queue.hpp>

#include <algorithm>
#include <utility>

// Replacing workers one by one. There is one place more than workers are wanted:
//
//   it is free ──► a fresh worker starts there ──ready──► an outdated one retires ──gone──► its place
//       └ none is outdated: done                          finishes its job first           is free
namespace troika::workers::detail {

void ProcessQueue::roll() {
    if (stopping_) return;
    for (const auto& worker : workers_) {
        if (worker->state() != PoolWorker::State::absent) worker->outdate(RecycleCause::roll);
    }
    rolling_ = true;
    roll_on();
}

void ProcessQueue::recycle(PoolWorker& worker, RecycleCause cause) {
    worker.outdate(cause);
    roll_on();
}

// An outdated worker's place, while the place beside the wanted ones is taken.
bool ProcessQueue::is_spare(const PoolWorker& worker) const noexcept {
    return worker.outdated() && parked_ == nullptr &&
           std::cmp_greater(workers_.size(), options_.processes);
}

void ProcessQueue::roll_on() {
    if (stopping_) return;
    const bool spare_taken =
        std::cmp_greater(workers_.size(), options_.processes) && parked_ == nullptr;
    PoolWorker* oldest = nullptr;
    for (const auto& worker : workers_) {
        if (!worker->outdated() || worker->state() == PoolWorker::State::absent) continue;
        if (worker->retiring()) return;  // until it is gone
        // Who has nothing to do goes first; jobs under way hold up the others least at the end.
        const bool better = oldest == nullptr || (oldest->has_job() && !worker->has_job());
        if (better) oldest = worker.get();
    }
    if (!spare_taken) {
        if (oldest == nullptr) {
            if (std::exchange(rolling_, false)) {
                log::info("all workers are replaced", {{"pool", options_.name}});
            }
            return;
        }
        if (parked_ == nullptr) {
            workers_.push_back(std::make_unique<PoolWorker>(*this));
            workers_.back()->start();
        } else {
            std::exchange(parked_, nullptr)->start();
        }
        return;
    }
    const auto ready = std::count_if(workers_.begin(), workers_.end(),
                                     [](const auto& worker) { return worker->ready(); });
    if (oldest == nullptr || std::cmp_less_equal(ready, options_.processes)) return;
    std::erase(idle_, oldest);
    ++stats_.recycled[*oldest->outdated()];
    oldest->retire();
}

}  // namespace troika::workers::detail
