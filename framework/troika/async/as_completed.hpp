#pragma once

#include <troika/async/detail/started_task.hpp>
#include <troika/async/event.hpp>
#include <troika/async/flow.hpp>
#include <troika/async/settled.hpp>
#include <troika/async/task_handle.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troika {

// What as_completed() tells: which task, by its place in the argument, and how it ended.
template <typename T>
struct Arrival {
    std::size_t index;
    Settled<T> outcome;
};

namespace detail {

template <typename T>
struct Completions {
    Event arrived;
    std::deque<Arrival<T>> ended;
};

template <typename T>
Task<> report_end(Task<T> task, std::size_t index, std::shared_ptr<Completions<T>> completions) {
    auto settling = settle(task);
    Arrival<T> completed{index, {}};
    completed.outcome = co_await settling;
    {
        const Task<T> destroyed = std::move(task);
    }  // before anybody is told
    completions->ended.push_back(std::move(completed));
    completions->arrived.set();
}

class CancelAtEnd final {
  public:
    explicit CancelAtEnd(TaskGroup& group) noexcept : group_(group) {}
    CancelAtEnd(const CancelAtEnd&) = delete;
    CancelAtEnd& operator=(const CancelAtEnd&) = delete;
    ~CancelAtEnd() {
        for (const TaskGroup::Id id : ids) group_.cancel(id, CancelReason::asked);
    }
    std::vector<TaskGroup::Id> ids;

  private:
    TaskGroup& group_;
};

}  // namespace detail

// Runs all tasks as children of `group` and gives each outcome as soon as there is one, failures
// too. The tasks begin with the first next(); when the Flow is destroyed before its end, those still
// running are cancelled (reason asked) and joined by the group.
//
//     const auto body = [&](TaskGroup& group) -> Task<> {
//         auto pages = as_completed(group, std::move(downloads));
//         while (auto page = co_await pages.next()) show(page->index, page->outcome);
//     };
//     co_await with_task_group("fetch", body);  // joins whatever next() throws
//
// The group outlives the Flow.
template <typename T>
Flow<Arrival<T>> as_completed(TaskGroup& group, std::vector<Task<T>> tasks) {
    auto completions = std::make_shared<detail::Completions<T>>();
    const std::size_t count = tasks.size();
    detail::CancelAtEnd running(group);
    for (std::size_t i = 0; i < count; ++i) {
        Task<> report = detail::report_end(std::move(tasks[i]), i, completions);
        running.ids.push_back(
            group.spawn("completing[" + std::to_string(i) + "]", std::move(report), SpawnPlace()));
    }
    for (std::size_t given = 0; given < count; ++given) {
        while (completions->ended.empty()) {
            completions->arrived.clear();
            co_await completions->arrived.wait();
        }
        Arrival<T> next = std::move(completions->ended.front());
        completions->ended.pop_front();
        co_yield std::move(next);
    }
}

}  // namespace troika
