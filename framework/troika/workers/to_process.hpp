#pragma once

#include <troika/workers/process_pool.hpp>

#include <utility>

namespace troika::workers {

namespace detail {
// The pool the current loop offers (EventLoop::offer). Throws Error where there is none.
ProcessPool& default_process_pool();
}  // namespace detail

// co_await to_process(job, arguments...): ProcessPool::run() on the loop's default pool. Called
// inside a coroutine.
template <typename R, typename... Args, typename... Given>
    requires std::is_invocable_v<const Job<R(Args...)>&, Given...>
auto to_process(const Job<R(Args...)>& job, Given&&... given) {
    return detail::default_process_pool().run(job, std::forward<Given>(given)...);
}

// The same with limits of its own: to_process(options, job, arguments...).
template <typename R, typename... Args, typename... Given>
    requires std::is_invocable_v<const Job<R(Args...)>&, Given...>
auto to_process(const RunOptions& options, const Job<R(Args...)>& job, Given&&... given) {
    return detail::default_process_pool().run(options, job, std::forward<Given>(given)...);
}

}  // namespace troika::workers

namespace troika {
using workers::to_process;
}  // namespace troika
