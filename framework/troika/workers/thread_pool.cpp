#include <troika/workers/thread_pool.hpp>

#include <troika/async/deadline.hpp>
#include <troika/base/check.hpp>
#include <troika/base/error.hpp>
#include <troika/observe/log.hpp>
#include <troika/workers/detail/bounded.hpp>
#include <troika/workers/usable_cpus.hpp>

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <string>

namespace troika::workers {
namespace {

ThreadPoolOptions with_defaults(ThreadPoolOptions options) {
    if (options.threads <= 0) options.threads = default_threads();
    if (options.queue_wait.count() < 0)
        throw Error("thread pool " + options.name + ": queue_wait is below 0");
    options.queue_wait = detail::bounded(options.queue_wait);
    return options;
}

// Signals are for the watchdog thread alone; those a thread raises by its own fault stay open.
sigset_t block_foreign_signals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
        ::sigdelset(&blocked, own);
    }
    sigset_t before;
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
    return before;
}

}  // namespace

ThreadPool::ThreadPool(EventLoop& loop, ThreadPoolOptions options)
    : queue_(std::make_shared<detail::ThreadQueue>(loop, with_defaults(std::move(options)))) {
    const sigset_t before = block_foreign_signals();
    std::string problem;
    try {
        for (int i = 0; i < queue_->options().threads; ++i) start_thread();
    } catch (const std::exception& error) {
        problem = error.what();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (problem.empty()) {
        queue_->on_thread_wanted([this] { replace_thread(); });
        return;
    }
    const std::size_t made = threads_.size();
    queue_->close();
    for (std::thread& thread : threads_) thread.join();
    throw Error("thread pool " + queue_->options().name + ": only " + std::to_string(made) +
                " of " + std::to_string(queue_->options().threads) + " threads could be made (" +
                problem +
                "): ask for fewer, or raise the limit of processes (ulimit -u, the "
                "container's pids limit) or of address space (ulimit -v)");
}

void ThreadPool::start_thread() {
    threads_.emplace_back([queue = queue_] {
        ::pthread_setname_np(::pthread_self(), "troika-thread");
        queue->work();
    });
    queue_->thread_added();
}

void ThreadPool::replace_thread() noexcept {
    for (const std::thread::id id : queue_->take_left()) {
        const auto left = std::find_if(threads_.begin(), threads_.end(),
                                       [id](const auto& thread) { return thread.get_id() == id; });
        left->join();
        threads_.erase(left);
    }
    const sigset_t before = block_foreign_signals();
    try {
        start_thread();
    } catch (const std::exception& error) {
        log::warning("an abandoned thread could not be replaced",
                     {{"pool", queue_->options().name}, {"reason", error.what()}});
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ThreadPool::~ThreadPool() {
    TROIKA_CHECK(queue_->idle(),
                 "a ThreadPool was destroyed with jobs in it: co_await stop() first");
    queue_->close();
    // An abandoned thread cannot be joined in finite time; it holds the queue, and nothing else.
    const bool abandoned = queue_->stats().abandoned > 0;
    for (std::thread& thread : threads_) abandoned ? thread.detach() : thread.join();
}

Task<std::size_t> ThreadPool::stop(StopMode mode, std::chrono::nanoseconds deadline) {
    queue_->refuse_new();
    if (mode == StopMode::now) {
        queue_->fail_queued();
        queue_->ask_running_to_stop();
    }
    bool late = false;
    try {
        co_await with_timeout(deadline, queue_->wait_until_at_rest());
    } catch (const TimeoutError&) {
        late = true;
    }
    if (late) {
        queue_->fail_queued();
        queue_->ask_running_to_stop();
    }
    co_return queue_->stats().busy;
}

ThreadPoolStats ThreadPool::stats() const { return queue_->stats(); }

}  // namespace troika::workers
