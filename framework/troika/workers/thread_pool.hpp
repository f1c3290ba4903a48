#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/task.hpp>
#include <troika/workers/detail/thread_call.hpp>
#include <troika/workers/pool_map.hpp>
#include <troika/workers/stop_mode.hpp>
#include <troika/workers/thread_pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace troika::workers {

// Threads for calls that block. Results come back to the loop in batches.
//
//   Lifetime      Made on the loop thread after the zygote was forked; await stop() before it goes.
//   Threads       Event-loop thread only; the functions given run on the pool's threads.
//   Errors        run() throws what the function threw, Overloaded (queue full, or waited too long)
//                 or Stopped. The constructor throws Error when the system has no room for so
//                 many threads, and leaves none behind.
//   Cancellation  A queued call is dropped. A running one is awaited all the same, because it may
//                 refer to its caller's frame; then Cancelled is thrown. A function whose first
//                 parameter is a std::stop_token is asked to end; callbacks on that token run on the
//                 loop thread, or on the function's own when they come too late for that.
class ThreadPool final : public PoolMap<ThreadPool> {
  public:
    explicit ThreadPool(EventLoop& loop, ThreadPoolOptions options = {});
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool();

    // function(arguments...) on a thread. The arguments are kept in the awaiting frame.
    template <typename F, typename... Args>
        requires detail::CallableOnThread<F, Args...>
    Task<thread_result_t<F, Args...>> run(F function, Args... arguments) {
        detail::ThreadCall<F, Args...> call(*queue_, std::move(function), std::move(arguments)...);
        co_return co_await call;
    }

    // The same, but a cancelled caller is freed at once while the thread runs on ("abandoned"), and
    // another thread takes its place up to options.replacements. So the function must own all it uses: no captures, no views, pointers or references to outside.
    template <typename F, typename... Args>
        requires detail::CallableOnThread<F, Args...>
    Task<thread_result_t<F, Args...>> run_abandonable(F function, Args... arguments) {
        detail::require_owning<F, Args...>();
        detail::AbandonableCall<F, Args...> call(*queue_, std::move(function),
                                                 std::move(arguments)...);
        co_return co_await call;
    }

    // Idempotent. Waits for the jobs there are, abandoned ones too, at most until the deadline. Returns the
    // number of threads still busy then: none, or those whose process must end by _exit.
    Task<std::size_t> stop(StopMode mode, std::chrono::nanoseconds deadline);

    ThreadPoolStats stats() const;
    EventLoop& loop() const noexcept { return queue_->loop(); }
    detail::ThreadQueue& queue() const noexcept { return *queue_; }  // for to_thread()

  private:
    void start_thread();
    void replace_thread() noexcept;

    std::shared_ptr<detail::ThreadQueue> queue_;
    std::vector<std::thread> threads_;
};

}  // namespace troika::workers

namespace troika {
using workers::ThreadPool;
using workers::ThreadPoolOptions;
}  // namespace troika
