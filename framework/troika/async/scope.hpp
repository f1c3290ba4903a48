#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/async/spawn_place.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace troika {

class EventLoop;
class Scope;
class Suspension;

namespace detail {
class LimitLink;
class TaskLister;

// The scope of the coroutine that runs on this thread right now. Set by whoever resumes a coroutine
// and reset when it suspends, so it is a cursor, not state. It exists because plain functions
// (throw_if, log) need the scope without having it passed.
inline constinit thread_local Scope* current_scope_cursor = nullptr;

// While it lives, what this thread does and logs is done for `scope`.
class ActingFor final {
  public:
    explicit ActingFor(Scope* scope) noexcept
        : outer_(std::exchange(current_scope_cursor, scope)) {}
    ActingFor(const ActingFor&) = delete;
    ActingFor& operator=(const ActingFor&) = delete;
    ~ActingFor() { current_scope_cursor = outer_; }

  private:
    Scope* const outer_;
};
}  // namespace detail

// Null outside coroutines.
inline Scope* current_scope() noexcept { return detail::current_scope_cursor; }

// A stretch of work that is cancelled as one: a request, a spawned task, a with_timeout. Every
// coroutine runs in exactly one scope, which its `co_await`s inherit; scopes form a tree. One scope
// has at most one coroutine chain, hence at most one place where it waits.
//
//   Lifetime      A child ends before its parent; with_timeout, shield, TaskGroup and run_in see to
//                 it.
//   Threads       Event-loop thread only.
//   Errors        None.
//   Cancellation  Level-triggered: once cancelled, each further waiting co_await in it throws.
class Scope final {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class Shield : bool { no, yes };

    // `name` must outlive the scope: a literal, a route pattern, or the owner's string.
    Scope(EventLoop& loop, std::string_view name) noexcept;
    Scope(Scope& parent, std::string_view name, Shield shield = Shield::no) noexcept;
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    // Cancels this scope and every unshielded scope below it. Returns at once; nothing is resumed
    // before the caller returns to the event loop. Further calls change nothing.
    void cancel(CancelReason reason) noexcept;

    bool cancelled() const noexcept { return cancelled_; }
    CancelReason reason() const noexcept { return reason_; }  // meaningful once cancelled()
    void throw_if_cancelled() const {
        if (cancelled_) throw Cancelled{reason_};
    }

    // The earliest deadline of this scope and of those above it up to a shield; max() is none. The
    // scope only tells it (a thread or process job takes its remaining time from here); who sets it
    // also cancels the scope when it has passed.
    TimePoint deadline() const noexcept { return deadline_; }
    void limit_deadline(TimePoint deadline) noexcept {
        if (deadline < deadline_) deadline_ = deadline;
    }
    // For who set it and gives more time now; scopes below that exist already keep what they have.
    void move_deadline(TimePoint deadline) noexcept {
        deadline_ = deadline;
        if (parent_ != nullptr && !shielded_) limit_deadline(parent_->deadline_);
    }

    EventLoop& loop() const noexcept { return *loop_; }
    Scope* parent() const noexcept { return parent_; }
    std::string_view name() const noexcept { return name_; }
    bool shielded() const noexcept { return shielded_; }

    // What log lines and outgoing calls of this scope carry: for a request's scope its http::Request.
    // Opaque here, inherited by children made later.
    const void* context() const noexcept { return context_; }
    void set_context(const void* context) noexcept { context_ = context; }

    // When the spawned task began whose whole stretch this is; never set for the stretches inside a
    // task, such as a with_timeout (task_list.hpp).
    TimePoint task_began() const noexcept { return task_began_; }
    void mark_task(TimePoint began) noexcept { task_began_ = began; }
    bool is_task() const noexcept { return task_began_ != TimePoint{}; }

    // Where that task was spawned.
    SpawnPlace spawned_at() const noexcept { return spawned_at_; }
    void set_spawned_at(SpawnPlace where) noexcept { spawned_at_ = where; }

  private:
    friend class Suspension;
    friend class detail::LimitLink;
    friend class detail::TaskLister;

    EventLoop* loop_;
    Scope* parent_ = nullptr;
    Scope* first_child_ = nullptr;
    Scope* next_sibling_ = nullptr;
    Scope* previous_sibling_ = nullptr;
    Suspension* waiting_ = nullptr;
    detail::LimitLink* limits_ = nullptr;
    const void* context_ = nullptr;
    TimePoint deadline_ = TimePoint::max();
    TimePoint task_began_{};
    std::string_view name_;
    CancelReason reason_ = CancelReason::asked;
    bool cancelled_ = false;
    bool shielded_ = false;
    [[no_unique_address]] SpawnPlace spawned_at_;
};

}  // namespace troika
