#pragma once

#include <troika/async/detail/settle.hpp>
#include <troika/async/detail/started_task.hpp>
#include <troika/async/task_group.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troika {

// Thrown to who asks for the result of a task that was cancelled. No Cancelled: that always means
// the one who catches it, so nobody mistakes another's end for its own.
class TaskCancelled final : public Error {
  public:
    TaskCancelled(std::string_view task, CancelReason reason);
    CancelReason reason() const noexcept { return reason_; }

  private:
    CancelReason reason_;
};

namespace detail {

template <typename T>
class StartedTaskOf final : public StartedTask {
  public:
    using StartedTask::StartedTask;

    static Task<> run(Task<T> task, std::shared_ptr<StartedTaskOf> self) {
        auto settling = settle(task);
        Settled<T> settled = co_await settling;
        {
            const Task<T> destroyed = std::move(task);
        }  // before anybody is told
        self->value_ = std::move(settled.value);
        self->ended(std::move(settled.error));
    }
    Settled<T> take_settled() noexcept {
        take();
        return Settled<T>{std::move(value_), error()};
    }

  private:
    std::optional<ValueOf<T>> value_;
};

struct HandleAccess {
    template <typename Handle>
    static StartedTask* state(const Handle& handle) noexcept {
        return handle.state_.get();
    }
};

}  // namespace detail

// A task that was started beside its caller by TaskGroup::start().
//
//     TaskHandle<Page> page = group.start("page", fetch(url));
//     ...
//     page.cancel(CancelReason::asked);           // or: Page content = co_await page.join();
//
//   Lifetime      The task belongs to its group and ends within it; handles may be copied, dropped
//                 and asked at any time.
//   Threads       Event-loop thread only.
//   Errors        The outcome is taken once (checked), by get(), settled() or join(). A failure that
//                 is never looked at is thrown by the group's join().
//   Cancellation  A cancel of who waits in join() leaves the task running.
template <typename T = void>
class TaskHandle final {
  public:
    std::string_view name() const noexcept { return state_->name(); }
    bool done() const noexcept { return state_->done(); }
    bool failed() const noexcept { return state_->failed(); }

    // Asks it to end; nothing happens where it has ended already.
    void cancel(CancelReason reason) const noexcept { state_->cancel(reason); }

    // How a task that is done() ended.
    Settled<T> settled() const { return state_->take_settled(); }
    // Its result, or what it threw; TaskCancelled where it was cancelled.
    T get() const {
        Settled<T> outcome = settled();
        if constexpr (std::is_void_v<T>) {
            outcome.take();
        } else {
            return outcome.take();
        }
    }
    // Waits for it, then get().
    Task<T> join() const { return join_state(state_); }

  private:
    friend class TaskGroup;
    friend struct detail::HandleAccess;
    using State = detail::StartedTaskOf<T>;

    explicit TaskHandle(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    static Task<T> join_state(std::shared_ptr<State> state) {
        std::vector<detail::StartedTask*> one{state.get()};
        detail::StartedWait waiting(std::move(one), Until::all_completed,
                                    std::chrono::nanoseconds::max());
        co_await waiting;
        const TaskHandle ended(std::move(state));
        if constexpr (std::is_void_v<T>) {
            ended.get();
        } else {
            co_return ended.get();
        }
    }

    std::shared_ptr<State> state_;
};

template <typename T>
TaskHandle<T> TaskGroup::start(std::string name, Task<T> task, SpawnPlace where) {
    using State = detail::StartedTaskOf<T>;
    auto state = std::make_shared<State>(*this, name);
    state->spawned(spawn(std::move(name), State::run(std::move(task), state), where));
    return TaskHandle<T>(std::move(state));
}

// What wait() found, both in the order of its argument.
template <typename T>
struct Waited {
    std::vector<TaskHandle<T>> done;
    std::vector<TaskHandle<T>> pending;  // still running, in their group
};

// Waits for some of several started tasks. Nothing is cancelled and nothing thrown, neither when the
// timeout has passed nor when a task failed: look at `done`, then cancel, await or leave `pending`.
//
//     Waited<Page> first = co_await wait(pages, Until::first_completed, 10s);
//     for (auto& page : first.pending) page.cancel(CancelReason::asked);
template <typename T>
Task<Waited<T>> wait(std::vector<TaskHandle<T>> tasks, Until until = Until::all_completed,
                     std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max()) {
    std::vector<detail::StartedTask*> states;
    states.reserve(tasks.size());
    for (const auto& task : tasks) states.push_back(detail::HandleAccess::state(task));
    detail::StartedWait waiting(std::move(states), until, timeout);
    co_await waiting;
    Waited<T> waited;
    for (auto& task : tasks) (task.done() ? waited.done : waited.pending).push_back(task);
    co_return waited;
}

}  // namespace troika
