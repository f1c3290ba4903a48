#pragma once

#include <troika/workers/thread_pool.hpp>

#include <utility>

namespace troika::workers {

namespace detail {
// The pool the current loop offers (EventLoop::offer). Throws Error where there is none.
ThreadPool& default_thread_pool();
}  // namespace detail

// co_await to_thread(function, arguments...): ThreadPool::run() on the loop's default pool.
template <typename F, typename... Args>
Task<thread_result_t<F, Args...>> to_thread(F function, Args... arguments) {
    ThreadPool& pool = detail::default_thread_pool();
    detail::ThreadCall<F, Args...> call(pool.queue(), std::move(function), std::move(arguments)...);
    co_return co_await call;
}

// co_await to_thread_abandonable(function, arguments...): ThreadPool::run_abandonable() likewise.
template <typename F, typename... Args>
Task<thread_result_t<F, Args...>> to_thread_abandonable(F function, Args... arguments) {
    detail::require_owning<F, Args...>();
    ThreadPool& pool = detail::default_thread_pool();
    detail::AbandonableCall<F, Args...> call(pool.queue(), std::move(function),
                                             std::move(arguments)...);
    co_return co_await call;
}

}  // namespace troika::workers

namespace troika {
using workers::to_thread;
using workers::to_thread_abandonable;
}  // namespace troika
