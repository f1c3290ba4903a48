#include <troika/workers/worker_hooks.hpp>

#include <utility>

namespace troika::workers {
namespace {

// A static-initialisation registry like the one of jobs: read-only once main() runs.
WorkerBirth*& first_birth() {
    static WorkerBirth* first = nullptr;
    return first;
}

}  // namespace

WorkerBirth::WorkerBirth(void (*reseed)())
    : reseed_(reseed), next_(std::exchange(first_birth(), this)) {}

WorkerBirth::~WorkerBirth() {
    for (WorkerBirth** link = &first_birth(); *link != nullptr; link = &(*link)->next_) {
        if (*link != this) continue;
        *link = next_;
        return;
    }
}

void WorkerBirth::run_all() {
    for (const WorkerBirth* birth = first_birth(); birth != nullptr; birth = birth->next_) {
        birth->reseed_();
    }
}

}  // namespace troika::workers
