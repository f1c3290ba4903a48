#pragma once

#include <troika/async/deadline.hpp>
#include <troika/async/detail/settle.hpp>
#include <troika/async/task.hpp>

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

// What has to be brought to an end in every case, where the end has to be awaited: a transaction, a
// lease, a session with another service. C++ has no co_await in destructors and catch blocks.
//
//     const auto transfer = [&](Transaction& transaction) -> Task<Receipt> { ... };
//     const Receipt receipt = co_await use(transaction, transfer);   // committed, or an exception
//
//     co_await with_cleanup(work(), [&] { return remove_lock(); });  // however work() ended
namespace troika {

struct GuardOptions {
    std::chrono::nanoseconds limit =
        std::chrono::seconds(5);  // on each of commit, rollback, cleanup
};

template <typename G>
concept AsyncGuard = requires(G& guard) {
    { guard.enter() } -> std::same_as<Task<>>;
    { guard.commit() } -> std::same_as<Task<>>;
    { guard.rollback() } -> std::same_as<Task<>>;
};

namespace detail {

// Runs `task` to its end whatever happens outside, but not longer than `limit` (TimeoutError). Unlike
// shield() it keeps silent about a cancel that came: what was achieved has to be told.
Task<> run_to_end(std::chrono::nanoseconds limit, Task<> task);

// Throws why the body ended, and why its cleanup failed too where it did.
[[noreturn]] void throw_both(const std::exception_ptr& body, const std::exception_ptr& cleanup);

template <typename T, typename G, typename F>
Task<T> enter_and_commit(G& guard, F& body, std::chrono::nanoseconds limit) {
    co_await guard.enter();
    if constexpr (std::is_void_v<T>) {
        co_await body(guard);
        current_scope()->throw_if_cancelled();
        Task<> committing = run_to_end(limit, guard.commit());
        co_await std::move(committing);
    } else {
        T result = co_await body(guard);
        current_scope()->throw_if_cancelled();
        Task<> committing = run_to_end(limit, guard.commit());
        co_await std::move(committing);
        co_return result;
    }
}

}  // namespace detail

// enter(), then `body(guard)`, then commit(); where any of these threw or the scope was cancelled,
// rollback(). A result means: committed. An exception means: rolled back, or what rollback() said.
//
//   Guard         enter() may wait and be cancelled; rollback() follows also where enter() got only
//                 half-way, so it looks at what there is to undo. Each is called at most once.
//   Lifetime      `guard` outlives the await; `body` is kept by it.
//   Threads       Event-loop thread only.
//   Errors        What enter(), the body or commit() threw. Where rollback() threw as well: its error
//                 in place of a Cancelled, else a GroupError with both. TimeoutError for a commit or
//                 rollback that took longer than the limit.
//   Cancellation  Reaches enter() and the body. One that comes before commit() has begun means
//                 rollback; one that comes later is too late: the result is delivered, and the next
//                 await throws. commit() and rollback() run to their ends, or to their limit.
template <AsyncGuard G, typename F>
auto use(G& guard, F body, GuardOptions options = {}) -> std::invoke_result_t<F&, G&> {
    using T = typename std::invoke_result_t<F&, G&>::value_type;
    Task<T> whole = detail::enter_and_commit<T>(guard, body, options.limit);
    auto settling = detail::settle(whole);
    Settled<T> settled = co_await settling;
    if (!settled) {
        Task<> undoing = detail::run_to_end(options.limit, guard.rollback());
        auto settling_undo = detail::settle(undoing);
        const Settled<void> undone = co_await settling_undo;
        detail::throw_both(settled.error, undone.error);
    }
    if constexpr (!std::is_void_v<T>) co_return std::move(*settled.value);
}

// Awaits `body`, then `cleanup()`, a Task<>, however the body ended: try and finally of Python.
//
//   Lifetime      Both are kept by the await.
//   Threads       Event-loop thread only.
//   Errors        What the body threw; where the cleanup threw as well, as in use(). What the cleanup
//                 throws after a body that returned.
//   Cancellation  Reaches the body. The cleanup runs to its end, or to the limit.
template <typename T, typename F>
    requires std::same_as<std::invoke_result_t<F&>, Task<>>
Task<T> with_cleanup(Task<T> body, F cleanup, GuardOptions options = {}) {
    auto settling = detail::settle(body);
    Settled<T> settled = co_await settling;
    Task<> cleaning = detail::run_to_end(options.limit, cleanup());
    auto settling_cleanup = detail::settle(cleaning);
    const Settled<void> cleaned = co_await settling_cleanup;
    if (!settled) detail::throw_both(settled.error, cleaned.error);
    if (cleaned.error) std::rethrow_exception(cleaned.error);
    if constexpr (!std::is_void_v<T>) co_return std::move(*settled.value);
}

}  // namespace troika
