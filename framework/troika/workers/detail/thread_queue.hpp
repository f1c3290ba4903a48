#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/async/event.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/base/unique_function.hpp>
#include <troika/workers/detail/lookout.hpp>
#include <troika/workers/detail/repeated_warning.hpp>
#include <troika/workers/detail/spin_gate.hpp>
#include <troika/workers/detail/thread_job.hpp>
#include <troika/workers/thread_pool_options.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace troika::workers::detail {

// Intrusive list of jobs.
struct ThreadJobList {
    ThreadJob* first = nullptr;
    ThreadJob* last = nullptr;
    std::size_t size = 0;
};

// What pool threads and the loop thread share: jobs go in on the loop, are executed on a thread,
// and come back to the loop in batches, one wake-up for each batch.
//
//   loop:   submit ──► queue ──────────────┐             ┌──► done ──► deliver ──► finished()
//   thread:                  take ──► execute ──► post if `done` was empty
//
// Shared-owned by the pool and its threads, because an abandoned thread may outlive the pool.
class ThreadQueue final : public std::enable_shared_from_this<ThreadQueue>, private Timer {
  public:
    ThreadQueue(EventLoop& loop, const ThreadPoolOptions& options);

    // Loop thread. Throws Overloaded or Stopped.
    void submit(ThreadJob& job);
    // Loop thread: the scope of the job was cancelled. Queued: it is taken out and never runs.
    // Running: nothing changes. Done: finished() is on its way.
    enum class Phase : std::uint8_t { queued, running, done };
    Phase withdraw(ThreadJob& job, CancelReason reason) noexcept;
    // The same, but the end of a running job is no longer awaited.
    Phase withdraw_or_abandon(ThreadJob& job, CancelReason reason) noexcept;

    // Pool thread: until close(), or until it is one too many.
    void work();

    // Loop thread: `make` is called when a thread was abandoned and another may take its place.
    void on_thread_wanted(UniqueFunction<void()> make) { make_thread_ = std::move(make); }
    void thread_added();
    // Threads that left since the last call, to be joined.
    std::vector<std::thread::id> take_left();

    // Loop thread, for stop().
    void refuse_new() noexcept { stopping_ = true; }
    void fail_queued() noexcept;
    void ask_running_to_stop() noexcept;
    void close() noexcept;
    bool idle() const noexcept { return outstanding_ == 0; }
    // Until no job is queued and no thread is at work, abandoned ones included.
    Task<> wait_until_at_rest();
    EventLoop& loop() const noexcept { return loop_; }
    const ThreadPoolOptions& options() const noexcept { return options_; }
    ThreadPoolStats stats() const;

  private:
    // What a thread has done, apart from the others': counting in one place cost a tenth of all calls.
    struct Counts {
        JobOutcomes outcomes{};
        Durations wait{};
        Durations run{};
    };

    bool has_abandoned() const noexcept;
    static void add_counts(const Counts& counts, ThreadPoolStats& stats) noexcept;
    void on_due() noexcept override;
    Phase leave_queue(ThreadJob& job, CancelReason reason) noexcept;
    void await_work(std::unique_lock<std::mutex>& lock, SpinGate& gate);
    void spin(std::unique_lock<std::mutex>& lock, SpinGate& gate);
    bool wants_another(std::chrono::steady_clock::time_point now) noexcept;
    bool one_too_many() const noexcept;
    void replace_abandoned() noexcept;
    void deliver() noexcept;
    void ended() noexcept;
    std::exception_ptr waited_too_long() const;
    std::exception_ptr has_stopped() const;
    // Each has an error of its own, which it may change.
    void fail(ThreadJobList jobs, std::exception_ptr (ThreadQueue::*error)() const) noexcept;
    static void append(ThreadJobList& list, ThreadJob& job) noexcept;
    static void remove(ThreadJobList& list, ThreadJob& job) noexcept;

    EventLoop& loop_;
    const ThreadPoolOptions options_;

    mutable std::mutex mutex_;
    std::condition_variable work_available_;
    ThreadJobList queue_;
    ThreadJobList running_;
    ThreadJobList done_;
    std::size_t sleeping_ = 0;
    std::size_t alive_ = 0;  // threads in work(), or on their way there
    std::vector<std::thread::id> left_;
    const bool may_spin_;
    bool spinning_ = false;  // one thread at most
    bool called_ = false;    // a sleeping thread is about to look
    std::chrono::steady_clock::time_point called_at_;
    std::atomic<std::size_t> submitted_ = 0;  // for the one that spins
    bool closed_ = false;
    std::list<Counts> counts_;  // of the threads there are
    ThreadPoolStats stats_;     // of all others, and what no thread counts

    std::size_t outstanding_ = 0;  // loop thread: submitted, neither finished, failed nor abandoned
    Lookout lookout_;              // loop thread
    RepeatedWarning refusals_;     // loop thread
    bool stopping_ = false;
    Event became_idle_;
    Event abandoned_returned_;
    UniqueFunction<void()> make_thread_;  // loop thread
};

}  // namespace troika::workers::detail
