#include <troika/workers/detail/thread_queue.hpp>

#include <troika/base/error.hpp>
#include <troika/workers/detail/outcome_of_cancel.hpp>
#include <troika/workers/usable_cpus.hpp>

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace troika::workers::detail {
namespace {
constexpr auto kWakingUp = std::chrono::microseconds(50);
}

ThreadQueue::ThreadQueue(EventLoop& loop, const ThreadPoolOptions& options)
    : loop_(loop),
      options_(options),
      may_spin_(options.spin.count() > 0 && usable_cpus() > 1),
      lookout_(loop, may_spin_ ? options.spin : std::chrono::microseconds(0)),
      refusals_(loop.timers(), "a pool refused jobs", options_.name) {
    stats_.threads = static_cast<std::size_t>(options.threads);
    became_idle_.set();
}

void ThreadQueue::submit(ThreadJob& job) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            stats_.outcomes.count(JobOutcome::stopped);
            throw Stopped("thread pool " + options_.name + " is stopping");
        }
        // A queue that only passes jobs to threads about to take them is not full.
        if (queue_.size >= options_.queue_limit + sleeping_) {
            stats_.outcomes.count(JobOutcome::queue_full);
            const Overloaded error("thread pool " + options_.name + ": " +
                                       std::to_string(queue_.size) + " jobs are waiting",
                                   std::chrono::seconds(1));
            refusals_.happened(error.what());
            throw error;
        }
        job.queued_at_ = std::chrono::steady_clock::now();
        job.state_ = ThreadJob::State::queued;
        append(queue_, job);
        ++stats_.submitted;
        submitted_.store(stats_.submitted, std::memory_order_relaxed);
        wake = wants_another(job.queued_at_);
    }
    if (wake) work_available_.notify_one();
    if (outstanding_++ == 0) became_idle_.clear();
    loop_.job_began();
    lookout_.began();
    if (!pending()) loop_.timers().add(*this, loop_.now() + options_.queue_wait);
}

ThreadQueue::Phase ThreadQueue::leave_queue(ThreadJob& job, CancelReason reason) noexcept {
    if (job.state_ == ThreadJob::State::running) return Phase::running;
    if (job.state_ == ThreadJob::State::done) return Phase::done;
    remove(queue_, job);
    job.state_ = ThreadJob::State::fresh;
    stats_.outcomes.count(outcome_of_cancel(reason, JobOutcome::withdrawn));
    stats_.wait.add(std::chrono::steady_clock::now() - job.queued_at_);
    return Phase::queued;
}

ThreadQueue::Phase ThreadQueue::withdraw(ThreadJob& job, CancelReason reason) noexcept {
    std::unique_lock lock(mutex_);
    const Phase phase = leave_queue(job, reason);
    if (phase == Phase::running) job.cancelled_ = outcome_of_cancel(reason, JobOutcome::cancelled);
    lock.unlock();
    if (phase == Phase::queued) ended();
    return phase;
}

ThreadQueue::Phase ThreadQueue::withdraw_or_abandon(ThreadJob& job, CancelReason reason) noexcept {
    std::unique_lock lock(mutex_);
    const Phase phase = leave_queue(job, reason);
    if (phase == Phase::running) {
        job.abandoned_ = true;
        ++stats_.abandoned;
        ++stats_.abandoned_total;
        stats_.outcomes.count(outcome_of_cancel(reason, JobOutcome::cancelled));
    }
    lock.unlock();
    if (phase == Phase::running) replace_abandoned();
    if (phase != Phase::done) ended();
    return phase;
}

// Until something is submitted, or for so long; whoever has work to do goes first.
void ThreadQueue::spin(std::unique_lock<std::mutex>& lock, SpinGate& gate) {
    spinning_ = true;
    const std::size_t seen = stats_.submitted;
    lock.unlock();
    auto last = std::chrono::steady_clock::now();
    const auto end = last + gate.time();
    bool disturbed = false;
    while (submitted_.load(std::memory_order_relaxed) == seen && last < end && !disturbed) {
        ::sched_yield();
        const auto now = std::chrono::steady_clock::now();
        disturbed = now - last > std::chrono::microseconds(500);  // a lost CPU, no mere hiccup
        last = now;
    }
    lock.lock();
    spinning_ = false;
    if (disturbed) return gate.disturbed();
    queue_.first != nullptr ? gate.found() : gate.missed();
}

// One thread at a time is called, and calls the next one when it has taken its job: the caller pays for
// one wake-up however many jobs it submits, and threads that are not needed sleep on. One that does not
// come soon waits for a CPU itself.
bool ThreadQueue::wants_another(std::chrono::steady_clock::time_point now) noexcept {
    const std::size_t taken_care_of = spinning_ ? 1 : 0;
    if (queue_.size <= taken_care_of || sleeping_ == 0) return false;
    if (called_ && now - called_at_ < kWakingUp) return false;
    called_ = true;
    called_at_ = now;
    return true;
}

void ThreadQueue::await_work(std::unique_lock<std::mutex>& lock, SpinGate& gate) {
    if (queue_.first != nullptr || closed_) return;
    const auto before = std::chrono::steady_clock::now();
    if (may_spin_ && !spinning_ && gate.open()) spin(lock, gate);
    while (queue_.first == nullptr && !closed_) {
        ++sleeping_;
        work_available_.wait(lock);
        --sleeping_;
        called_ = false;
    }
    gate.waited(std::chrono::steady_clock::now() - before);
}

// Those that stand in for abandoned threads leave when these are back.
bool ThreadQueue::one_too_many() const noexcept {
    return alive_ > stats_.threads + stats_.abandoned;
}

void ThreadQueue::thread_added() {
    const std::lock_guard lock(mutex_);
    ++alive_;
    if (alive_ > stats_.threads) ++stats_.replaced_total;
}

std::vector<std::thread::id> ThreadQueue::take_left() {
    const std::lock_guard lock(mutex_);
    return std::exchange(left_, {});
}

void ThreadQueue::replace_abandoned() noexcept {
    if (!make_thread_ || stopping_ || options_.replacements < 0) return;
    {
        const std::lock_guard lock(mutex_);
        const std::size_t cap = options_.replacements == 0
                                    ? stats_.threads
                                    : static_cast<std::size_t>(options_.replacements);
        if (alive_ >= stats_.threads + std::min(cap, stats_.abandoned)) return;
    }
    make_thread_();
}

void ThreadQueue::work() {
    std::unique_lock lock(mutex_);
    const auto own = counts_.emplace(counts_.end());
    SpinGate gate(options_.spin);
    while (true) {
        await_work(lock, gate);
        if (queue_.first == nullptr) return;
        ThreadJob& job = *queue_.first;
        remove(queue_, job);
        append(running_, job);
        job.state_ = ThreadJob::State::running;
        const auto started = std::chrono::steady_clock::now();
        job.started_at_ = started;
        own->wait.add(started - job.queued_at_);
        const bool wake = wants_another(started);
        lock.unlock();
        if (wake) work_available_.notify_one();
        job.execute();
        const auto ended = std::chrono::steady_clock::now();
        lock.lock();
        own->run.add(ended - started);
        remove(running_, job);
        if (job.abandoned_) {
            --stats_.abandoned;
            lock.unlock();
            job.execute_abandoned_end();
            lock.lock();
            // The loop is there until close(); for longer it need not be.
            if (!closed_)
                loop_.post([self = shared_from_this()] { self->abandoned_returned_.set(); });
            if (!one_too_many()) continue;
            --alive_;
            add_counts(*own, stats_);
            counts_.erase(own);
            left_.push_back(std::this_thread::get_id());
            return;
        }
        own->outcomes.count(
            job.cancelled_.value_or(job.threw() ? JobOutcome::threw : JobOutcome::finished));
        job.state_ = ThreadJob::State::done;
        append(done_, job);
        if (done_.size > 1) continue;  // the wake-up on its way brings this one too
        lock.unlock();
        loop_.post([self = shared_from_this()] { self->deliver(); });
        lock.lock();
    }
}

void ThreadQueue::deliver() noexcept {
    ThreadJobList batch;
    {
        const std::lock_guard lock(mutex_);
        batch = std::exchange(done_, {});
    }
    for (ThreadJob* job = batch.first; job != nullptr;) {
        ThreadJob& current = *std::exchange(job, job->next_);
        ended();
        current.finished();
    }
}

void ThreadQueue::ended() noexcept {
    loop_.job_ended();
    lookout_.ended();
    if (--outstanding_ == 0) became_idle_.set();
}

// The queue is first in, first out, so whoever has waited too long is at its front.
void ThreadQueue::on_due() noexcept {
    ThreadJobList expired;
    const auto now = std::chrono::steady_clock::now();
    const auto latest = now - options_.queue_wait;
    auto next = loop_.now() + options_.queue_wait;
    {
        const std::lock_guard lock(mutex_);
        while (queue_.first != nullptr && queue_.first->queued_at_ <= latest) {
            ThreadJob& job = *queue_.first;
            remove(queue_, job);
            job.state_ = ThreadJob::State::fresh;
            append(expired, job);
            stats_.outcomes.count(JobOutcome::waited_too_long);
            stats_.wait.add(now - job.queued_at_);
        }
        if (queue_.first != nullptr) next = loop_.now() + (queue_.first->queued_at_ - latest);
    }
    for (std::size_t i = 0; i < expired.size; ++i) {
        refusals_.happened("no thread was free in " + std::to_string(options_.queue_wait.count()) +
                           " ms");
    }
    fail(expired, &ThreadQueue::waited_too_long);
    if (outstanding_ > 0) loop_.timers().add(*this, next);
}

std::exception_ptr ThreadQueue::waited_too_long() const {
    return std::make_exception_ptr(
        Overloaded("thread pool " + options_.name + ": no thread was free in " +
                       std::to_string(options_.queue_wait.count()) + " ms",
                   std::chrono::seconds(1), Overloaded::Cause::waited_too_long));
}

std::exception_ptr ThreadQueue::has_stopped() const {
    return std::make_exception_ptr(Stopped("thread pool " + options_.name + " has stopped"));
}

void ThreadQueue::fail(ThreadJobList jobs,
                       std::exception_ptr (ThreadQueue::*error)() const) noexcept {
    for (ThreadJob* job = jobs.first; job != nullptr;) {
        ThreadJob& current = *std::exchange(job, job->next_);
        ended();
        current.failed((this->*error)());
    }
}

void ThreadQueue::fail_queued() noexcept {
    ThreadJobList dropped;
    {
        const std::lock_guard lock(mutex_);
        dropped = std::exchange(queue_, {});
        stats_.outcomes.count(JobOutcome::stopped, dropped.size);
        for (ThreadJob* job = dropped.first; job != nullptr; job = job->next_) {
            job->state_ = ThreadJob::State::fresh;
        }
    }
    fail(dropped, &ThreadQueue::has_stopped);
}

void ThreadQueue::ask_running_to_stop() noexcept {
    std::vector<std::stop_source> sources;
    {
        const std::lock_guard lock(mutex_);
        for (ThreadJob* job = running_.first; job != nullptr; job = job->next_)
            sources.push_back(job->stop_source());
    }
    for (std::stop_source& source : sources) source.request_stop();
}

bool ThreadQueue::has_abandoned() const noexcept {
    const std::lock_guard lock(mutex_);
    return stats_.abandoned > 0;
}

Task<> ThreadQueue::wait_until_at_rest() {
    while (!idle() || has_abandoned()) {
        co_await became_idle_.wait();
        if (!has_abandoned()) continue;
        abandoned_returned_.clear();
        co_await abandoned_returned_.wait();
    }
}

void ThreadQueue::close() noexcept {
    refusals_.stop();
    lookout_.close();
    loop_.timers().cancel(*this);
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    work_available_.notify_all();
}

void ThreadQueue::add_counts(const Counts& counts, ThreadPoolStats& stats) noexcept {
    stats.outcomes += counts.outcomes;
    stats.wait += counts.wait;
    stats.run += counts.run;
}

ThreadPoolStats ThreadQueue::stats() const {
    const std::lock_guard lock(mutex_);
    ThreadPoolStats stats = stats_;
    for (const Counts& counts : counts_) add_counts(counts, stats);
    stats.busy = running_.size;
    stats.depth = queue_.size;
    stats.alive = alive_;
    stats.busy_total = stats.run.total();
    const auto now = std::chrono::steady_clock::now();
    for (const ThreadJob* job = running_.first; job != nullptr; job = job->next_) {
        stats.busy_total += now - job->started_at_;
    }
    return stats;
}

void ThreadQueue::append(ThreadJobList& list, ThreadJob& job) noexcept {
    job.next_ = nullptr;
    job.previous_ = list.last;
    (list.last != nullptr ? list.last->next_ : list.first) = &job;
    list.last = &job;
    ++list.size;
}

void ThreadQueue::remove(ThreadJobList& list, ThreadJob& job) noexcept {
    (job.previous_ != nullptr ? job.previous_->next_ : list.first) = job.next_;
    (job.next_ != nullptr ? job.next_->previous_ : list.last) = job.previous_;
    --list.size;
}

}  // namespace troika::workers::detail
