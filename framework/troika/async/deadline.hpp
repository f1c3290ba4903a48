#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/run_in.hpp>
#include <troika/async/timers.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace troika {

namespace detail {

// Cancels `scope` with reason deadline after `after`; remembers that it was the one.
class ScopeTimer final : private Timer {
  public:
    ScopeTimer(Scope& scope, std::chrono::nanoseconds after);
    bool expired() const noexcept { return expired_; }
    [[noreturn]] void throw_timeout() const;

  private:
    void on_due() noexcept override;
    Scope& scope_;
    std::chrono::nanoseconds after_;
    bool expired_ = false;
};

}  // namespace detail

// Awaits `task`, at most for `after`: then it is cancelled (reason deadline), joined, and
// TimeoutError is thrown. A task that completes all the same keeps its result. Timeouts nest; the
// earliest wins, and only the one that expired throws TimeoutError. A cancel from outside stays a
// Cancelled.
template <typename T>
Task<T> with_timeout(std::chrono::nanoseconds after, Task<T> task) {
    Scope scope(*current_scope(), current_scope()->name());
    detail::ScopeTimer timer(scope, after);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await run_in(scope, task);
            co_return;
        } else {
            T result = co_await run_in(scope, task);
            co_return result;
        }
    } catch (const Cancelled&) {
        if (!timer.expired()) throw;
    }
    timer.throw_timeout();
}

// Runs `task` untouched by a cancel of the current scope, but not longer than `limit` (then it is
// cancelled with reason deadline and TimeoutError is thrown). For cleanup: `co_await shield(5s,
// transaction.rollback())`. A cancel that came meanwhile is thrown after the task has ended.
template <typename T>
Task<T> shield(std::chrono::nanoseconds limit, Task<T> task) {
    Scope& outer = *current_scope();
    Scope scope(outer, outer.name(), Scope::Shield::yes);
    detail::ScopeTimer timer(scope, limit);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await run_in(scope, task);
            outer.throw_if_cancelled();
            co_return;
        } else {
            T result = co_await run_in(scope, task);
            outer.throw_if_cancelled();
            co_return result;
        }
    } catch (const Cancelled&) {
        outer.throw_if_cancelled();
        if (!timer.expired()) throw;
    }
    timer.throw_timeout();
}

}  // namespace troika
