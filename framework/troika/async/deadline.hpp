#pragma once

#include <troika/async/detail/limit_link.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/run_in.hpp>
#include <troika/async/settled.hpp>
#include <troika/async/timers.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

// A limit on time, for one task or for several awaits in a row.
//
//     const Page page = co_await with_timeout(5s, fetch(url));        // TimeoutError when late
//     const auto maybe = co_await move_on_after(5s, fetch(url));      // nothing when late
//     DeadlineScope limit(5s);                                        // 5 s for both
//     const User user = co_await limit.run(load_user(id));
//     const Orders orders = co_await limit.run(load_orders(user));
//
// What is late is cancelled (reason deadline) and has ended before its caller goes on; a task that
// completes all the same keeps its result. A limit that has passed already lets the task run up to
// its first wait.
//
//   Nesting       The earliest wins, and only the one that expired tells of it: where an outer limit
//                 passes first, the inner ones let its Cancelled through.
//   Reach         Whatever waits in a scope below: Asio operations, primitives, thread and process
//                 jobs, programs (they have their own words about how they end).
//   Cancellation  A cancel from outside stays a Cancelled.
namespace troika {

// The earliest deadline of the running coroutine, for what is told to others, such as a peer that
// should not work longer than anybody waits for it. TimePoint::max(): none, or outside coroutines.
inline Clock::TimePoint current_deadline() noexcept {
    return current_scope() != nullptr ? current_scope()->deadline() : Clock::TimePoint::max();
}

namespace detail {

// When something is to end: after a while from its begin, or at a time.
class Limit final {
  public:
    explicit Limit(std::chrono::nanoseconds after) noexcept : after_(after) {}
    explicit Limit(Clock::TimePoint at) noexcept : at_(at) {}
    Clock::TimePoint seen_from(Clock::TimePoint now) const noexcept {
        if (at_) return *at_;
        return after_ >= Clock::TimePoint::max() - now ? Clock::TimePoint::max() : now + after_;
    }

  private:
    std::chrono::nanoseconds after_{0};
    std::optional<Clock::TimePoint> at_;
};

// Cancels `scope` with reason deadline at its limit; remembers that it was the one.
class ScopeTimer final : private Timer {
  public:
    ScopeTimer(Scope& scope, Limit limit);
    ScopeTimer(Scope& scope, std::chrono::nanoseconds after) : ScopeTimer(scope, Limit(after)) {}
    // One whose time has run since `began`.
    ScopeTimer(Scope& scope, Clock::TimePoint began, Clock::TimePoint due);
    bool expired() const noexcept { return expired_; }
    [[noreturn]] void throw_timeout() const;

  private:
    void on_due() noexcept override;
    void begin(Clock::TimePoint now);
    Scope& scope_;
    Clock::TimePoint began_;
    Clock::TimePoint due_;
    bool expired_ = false;
};

// run_in() that turns the cancel by `timer` into a TimeoutError.
template <typename T>
class LimitedAwaiter final {
  public:
    LimitedAwaiter(Scope& scope, const ScopeTimer& timer, Task<T>& task) noexcept
        : run_(run_in(scope, task)), timer_(timer) {}
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
        return run_.await_suspend(parent);
    }
    T await_resume() {
        try {
            return run_.await_resume();
        } catch (const Cancelled&) {
            if (!timer_.expired()) throw;
        }
        timer_.throw_timeout();
    }

  private:
    RunInAwaiter<T> run_;
    const ScopeTimer& timer_;
};

template <typename T>
using InTime = std::conditional_t<std::is_void_v<T>, bool, std::optional<ValueOf<T>>>;

}  // namespace detail

// Several awaits under one deadline. Once it has passed, each further run() throws TimeoutError at
// its first wait, however often that is caught.
//
// One that is made while another is alive in the same scope lies in that one, as `async with
// timeout()` does, and what it runs is under both:
//
//     DeadlineScope all(10s);
//     for (const std::string& url : urls) {
//         DeadlineScope each(3s);
//         co_await each.run(fetch(url));   // all.expired() or each.expired() tells which was late
//     }
//
// `co_await all.run(each.run(fetch(url)))` says the same. with_timeout, shield and move_on_after may
// stand between and around; what a shield runs is under no limit from outside it.
//
//   Lifetime      Inside a coroutine. May be destroyed in any order, but not during a run().
//   Threads       Event-loop thread only.
//   Errors        run() throws what the task threw, or TimeoutError.
class DeadlineScope final : private detail::LimitLink {
  public:
    explicit DeadlineScope(std::chrono::nanoseconds after) : DeadlineScope(detail::Limit(after)) {}
    explicit DeadlineScope(Clock::TimePoint when) : DeadlineScope(detail::Limit(when)) {}
    explicit DeadlineScope(detail::Limit limit);
    ~DeadlineScope();

    // May be awaited anywhere, also several times at once (in a gather).
    template <typename T>
    Task<T> run(Task<T> task) {
        Task<T> limited = run_alone(std::move(task));
        for (DeadlineScope* next = around(); next != nullptr; next = next->around())
            limited = next->run_alone(std::move(limited));
        co_return co_await std::move(limited);
    }

    // It was this deadline that passed, not one it lies in.
    bool expired() const noexcept;
    // The earliest of this one and those it lies in.
    Clock::TimePoint deadline() const noexcept { return earliest_; }

  private:
    // One run() under way.
    class Run final {
      public:
        explicit Run(DeadlineScope& limit);
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;
        ~Run();
        Scope& scope() noexcept { return scope_; }
        const detail::ScopeTimer& timer() const noexcept { return timer_; }

      private:
        DeadlineScope& limit_;
        Scope scope_;
        detail::ScopeTimer timer_;
    };

    template <typename T>
    Task<T> run_alone(Task<T> task) {
        Run run(*this);
        detail::LimitedAwaiter<T> in_time(run.scope(), run.timer(), task);
        co_return co_await in_time;
    }
    // The next one that has to be put around what is run here.
    DeadlineScope* around() const noexcept;

    EventLoop& loop_;
    Clock::TimePoint began_;
    Clock::TimePoint due_;
    Clock::TimePoint earliest_;
    std::size_t runs_ = 0;  // under way
    bool first_;            // nothing it lies in passes earlier
    bool expired_ = false;
};

namespace detail {

template <typename T>
Task<T> fail_late(Limit limit, Task<T> task) {
    Scope scope(*current_scope(), current_scope()->name());
    const ScopeTimer timer(scope, limit);
    LimitedAwaiter<T> in_time(scope, timer, task);
    co_return co_await in_time;
}

template <typename T>
Task<InTime<T>> move_on_late(Limit limit, Task<T> task) {
    Scope scope(*current_scope(), current_scope()->name());
    const ScopeTimer timer(scope, limit);
    auto running = run_in(scope, task);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await running;
            co_return true;
        } else {
            co_return co_await running;
        }
    } catch (const Cancelled&) {
        if (!timer.expired()) throw;
    }
    co_return InTime<T>{};
}

}  // namespace detail

// Awaits `task`; TimeoutError where it takes longer than `after` from the begin of this await.
template <typename T>
Task<T> with_timeout(std::chrono::nanoseconds after, Task<T> task) {
    return detail::fail_late(detail::Limit(after), std::move(task));
}
// The same with a point of time, of the loop's clock.
template <typename T>
Task<T> with_deadline(Clock::TimePoint when, Task<T> task) {
    return detail::fail_late(detail::Limit(when), std::move(task));
}

// Awaits `task` and gives its result as a std::optional that is empty where it was late; for a
// Task<> it gives whether it was in time.
template <typename T>
Task<detail::InTime<T>> move_on_after(std::chrono::nanoseconds after, Task<T> task) {
    return detail::move_on_late(detail::Limit(after), std::move(task));
}
template <typename T>
Task<detail::InTime<T>> move_on_at(Clock::TimePoint when, Task<T> task) {
    return detail::move_on_late(detail::Limit(when), std::move(task));
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
