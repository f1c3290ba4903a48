#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/run_in.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/task.hpp>
#include <troika/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace troika {

namespace detail {
struct GroupChild;
class GroupJoin;
class StartedTask;
}  // namespace detail

template <typename T>
class TaskHandle;

// Several tasks of a group failed, or one did: every exception, in the order they were thrown.
class GroupError final : public Error {
  public:
    explicit GroupError(std::vector<std::exception_ptr> errors);
    const std::vector<std::exception_ptr>& errors() const noexcept { return errors_; }

  private:
    std::vector<std::exception_ptr> errors_;
};

// Text of any exception for a log line or for GroupError; Cancelled becomes "cancelled: <reason>".
std::string describe(const std::exception_ptr& error);

// Whether it holds a Cancelled, which is nobody's failure.
bool is_cancelled(const std::exception_ptr& error) noexcept;

// The exception itself, for as long as `error` lives; null where it is no std::exception.
const std::exception* standard_exception(const std::exception_ptr& error) noexcept;

struct TaskGroupOptions {
    enum class OnFailure : bool {
        cancel_siblings,  // the first failure cancels the rest; join() throws GroupError
        keep_going        // failures are collected; join() throws them once all have ended
    };
    OnFailure on_failure = OnFailure::cancel_siblings;
};

// The only way to run a task beside its caller. Children start in their turn on the loop, in order;
// they may spawn further ones. No child outlives its group and no exception is lost.
//
//     TaskGroup group("fetch");
//     group.spawn("left", fetch(left));
//     group.spawn("right", fetch(right));
//     co_await group.join();
//
//   Lifetime      join() must have returned or thrown before the group is destroyed; a child that
//                 lives by then aborts the process (it would run in freed memory), failures nobody
//                 was told of are logged as an error. No abort for those: whether the children have
//                 ended when other code throws past join() is chance, and one more failed request
//                 should not end a service. Where code between the first spawn and join() can throw,
//                 use with_task_group().
//   Threads       Event-loop thread only.
//   Errors        join() throws GroupError where something failed, else Cancelled when the joining
//                 scope was cancelled.
//   Cancellation  A cancel of the joining scope cancels the children, waits for them, then throws.
class TaskGroup final {
  public:
    using Id = std::uint64_t;

    // Inside a coroutine: children run below the current scope. `name` must outlive the group.
    explicit TaskGroup(std::string_view name, TaskGroupOptions options = {});
    // Below a scope of the caller's choice, such as EventLoop::root().
    TaskGroup(Scope& parent, std::string_view name, TaskGroupOptions options = {});
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    // Spawning into a cancelled group is allowed: the child runs up to its first wait. `where` is the
    // place of the call, which debug builds keep (spawn_place.hpp).
    Id spawn(std::string name, Task<> task, SpawnPlace where = std::source_location::current());

    // Like spawn(), for who wants to ask, cancel or await this one child later: its failure is told
    // to whoever looks at the handle, and only where nobody did by the end of join(), to join().
    // Defined in task_handle.hpp.
    template <typename T>
    TaskHandle<T> start(std::string name, Task<T> task,
                        SpawnPlace where = std::source_location::current());

    // Asks one child to end; nothing happens where it has ended already.
    void cancel(Id child, CancelReason reason) noexcept;
    void cancel(CancelReason reason) noexcept { scope_.cancel(reason); }

    // Takes part in the group's failure, as a child that threw `error` would.
    void fail(std::exception_ptr error);

    // Waits until no child is left. May be called again after further spawns.
    Task<> join();

    std::size_t size() const noexcept { return size_; }
    Scope& scope() noexcept { return scope_; }

  private:
    friend struct detail::GroupChild;
    friend class detail::GroupJoin;
    friend class detail::StartedTask;

    void collect_unseen();
    void child_ended(detail::GroupChild& child, std::exception_ptr error) noexcept;

    Scope scope_;
    TaskGroupOptions options_;
    detail::GroupChild* first_ = nullptr;
    detail::GroupJoin* joining_ = nullptr;
    std::vector<std::exception_ptr> errors_;
    std::vector<std::shared_ptr<detail::StartedTask>>
        unseen_;  // failed, and no handle was asked yet
    std::size_t size_ = 0;
    Id next_id_ = 0;
};

// Runs `body(group)` inside the group's scope, then joins. When the body throws, the children are
// cancelled and joined, and its exception is thrown in a GroupError before theirs. group.cancel()
// ends the block without an exception; a cancel from outside is thrown as Cancelled. The closure
// lives in this call, so a capturing lambda is safe here.
template <typename Body>
Task<> with_task_group(std::string_view name, Body body, TaskGroupOptions options = {}) {
    TaskGroup group(name, options);
    Task<> task = body(group);
    Scope scope(group.scope(), name);
    try {
        co_await run_in(scope, task);
    } catch (const Cancelled&) {
        // whose cancel it was is seen after the join
    } catch (const std::exception&) {
        group.fail(std::current_exception());
    }
    co_await group.join();
}

}  // namespace troika
