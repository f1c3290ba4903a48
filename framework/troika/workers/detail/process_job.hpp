#pragma once

#include <troika/async/suspension.hpp>
#include <troika/workers/detail/breaker.hpp>
#include <troika/workers/job.hpp>
#include <troika/workers/process_pool_options.hpp>

#include <chrono>
#include <exception>
#include <list>

namespace troika::workers::detail {

class PoolWorker;
class ProcessQueue;

// One awaited job: queued, then running on a worker. A caller that leaves takes this object along;
// what the worker still does is then nobody's.
class ProcessJob final : public Suspension {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    ProcessJob(ProcessQueue& queue, JobRef ref, Parcel input, RunOptions options)
        : ref(ref), input(std::move(input)), options(options), queue_(queue) {}

    Parcel await_resume();

    void succeed(Parcel output) {
        output_ = std::move(output);
        end(JobOutcome::finished);
    }
    void fail(JobOutcome outcome, std::exception_ptr error) {
        error_ = std::move(error);
        end(outcome);
    }
    TimePoint callers_deadline() const noexcept { return scope().deadline(); }
    // For log lines that are about its caller's request.
    troika::detail::ActingFor acting() const noexcept {
        return troika::detail::ActingFor(&scope());
    }

    const JobRef ref;
    Parcel input;  // kept until the worker has answered: it may have to be sent again
    const RunOptions options;

    TimePoint queued_at;
    TimePoint expires_at;                    // when it has waited for a worker too long
    JobStats* stats = nullptr;               // of its name
    PoolWorker* worker = nullptr;            // null: queued
    std::list<ProcessJob*>::iterator place;  // while queued
    bool requeued = false;
    Probe probe;  // empty, or the breaker let it try; while it runs, its worker has it

  private:
    bool start() override;
    void on_cancel() noexcept override;
    void end(JobOutcome outcome) {
        stats->outcomes.count(outcome);
        worker = nullptr;
        probe = {};
        resume_soon();
    }

    ProcessQueue& queue_;
    Parcel output_;
    std::exception_ptr error_;
};

}  // namespace troika::workers::detail
