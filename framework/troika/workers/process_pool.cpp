#include <troika/workers/process_pool.hpp>

#include <troika/async/deadline.hpp>
#include <troika/base/check.hpp>
#include <troika/workers/detail/outcome_of_cancel.hpp>
#include <troika/workers/detail/process_queue.hpp>
#include <troika/workers/thread_pool.hpp>

namespace troika::workers {
namespace {

Task<> wait_for(Event& event) { co_await event.wait(); }

// True: it was set in time.
Task<bool> wait_for(Event& event, std::chrono::nanoseconds limit) {
    try {
        co_await with_timeout(limit, wait_for(event));
        co_return true;
    } catch (const TimeoutError&) {
        co_return false;
    }
}

std::size_t in_memory(const Payload& payload) {
    return payload.memory_file() >= 0 ? 0 : payload.size();
}

}  // namespace

bool detail::is_heavy(std::size_t bytes) noexcept { return bytes > kHeavy; }

ProcessPool::ProcessPool(EventLoop& loop, ProcessPoolOptions options)
    : queue_(std::make_unique<detail::ProcessQueue>(loop, std::move(options))) {}

ProcessPool::~ProcessPool() {
    TROIKA_CHECK(queue_->empty(),
                 "a ProcessPool was destroyed with workers: co_await stop() first");
}

Task<Parcel> ProcessPool::run_parcel(JobRef job, Parcel input, RunOptions options) {
    const std::size_t limit = queue_->options().max_argument;
    if (input.size() > limit) {
        queue_->never_submitted(job.name, JobOutcome::not_sent);
        throw Error("job " + std::string(job.name) + ": its arguments have " +
                    std::to_string(input.size()) + " bytes, more than the pool's max_argument of " +
                    std::to_string(limit));
    }
    if (in_memory(input.head) + in_memory(input.body) > detail::kHeavy) {
        UniqueFunction<void()> fit([&input] { detail::fit_inline(input); });
        co_await prepare(job, fit);
    } else {
        try {
            detail::fit_inline(input);
        } catch (const std::exception&) {
            queue_->never_submitted(job.name, JobOutcome::not_sent);
            throw;
        }
    }
    if (const Scope& scope = *current_scope(); scope.cancelled()) {
        queue_->never_submitted(job.name,
                                detail::outcome_of_cancel(scope.reason(), JobOutcome::withdrawn));
        scope.throw_if_cancelled();
    }
    detail::ProcessJob running(*queue_, job, std::move(input), options);
    co_return co_await running;
}

Task<> ProcessPool::off_loop(UniqueFunction<void()>& work) {
    if (auto* threads = loop().find<ThreadPool>()) {
        co_await threads->run(std::ref(work));
    } else {
        work();
    }
}

Task<> ProcessPool::prepare(JobRef job, UniqueFunction<void()>& work) {
    try {
        co_await off_loop(work);
    } catch (const Overloaded& error) {
        const bool full = error.cause() == Overloaded::Cause::queue_full;
        queue_->never_submitted(job.name,
                                full ? JobOutcome::queue_full : JobOutcome::waited_too_long);
        throw;
    } catch (const Stopped&) {
        queue_->never_submitted(job.name, JobOutcome::stopped);
        throw;
    } catch (const Cancelled& cancelled) {
        queue_->never_submitted(job.name,
                                detail::outcome_of_cancel(cancelled.reason, JobOutcome::withdrawn));
        throw;
    } catch (const std::exception&) {
        queue_->never_submitted(job.name, JobOutcome::not_sent);
        throw;
    }
}

void ProcessPool::set_settings(std::string settings) { queue_->set_settings(std::move(settings)); }

void ProcessPool::roll() { queue_->roll(); }

Task<> ProcessPool::wait_ready() { co_await queue_->all_ready().wait(); }

std::optional<std::string> ProcessPool::not_ready() const { return queue_->not_ready(); }
std::optional<std::string> ProcessPool::not_alive() const { return queue_->not_alive(); }

Task<> ProcessPool::stop(StopMode mode, std::chrono::nanoseconds deadline) {
    queue_->refuse_new(deadline);
    bool quiet = false;
    if (mode == StopMode::drain) quiet = co_await wait_for(queue_->quiet(), deadline);
    if (!quiet) {
        queue_->fail_queued();
        queue_->stop_jobs();
        co_await queue_->quiet().wait();
    }
    queue_->let_workers_go();
    if (!queue_->empty()) co_await queue_->workers_gone().wait();
}

ProcessPoolStats ProcessPool::stats() const { return queue_->stats(); }
std::uint64_t ProcessPool::resident_memory() const { return queue_->resident_memory(); }
EventLoop& ProcessPool::loop() const noexcept { return queue_->loop(); }

}  // namespace troika::workers
