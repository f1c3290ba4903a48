#pragma once

#include <troika/async/suspension.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/timers.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troika {

// What wait() waits for.
enum class Until : unsigned char {
    first_completed,  // one has ended, however
    first_exception,  // one has failed (being cancelled is no failure), or all have ended
    all_completed
};

namespace detail {

class StartedWait;

// What a started task and its handles share.
class StartedTask : public std::enable_shared_from_this<StartedTask> {
  public:
    StartedTask(TaskGroup& group, std::string name) : group_(&group), name_(std::move(name)) {}
    StartedTask(const StartedTask&) = delete;
    StartedTask& operator=(const StartedTask&) = delete;

    const std::string& name() const noexcept { return name_; }
    bool done() const noexcept { return done_; }
    bool failed() const noexcept { return failed_; }
    const std::exception_ptr& error() const noexcept { return error_; }
    void cancel(CancelReason reason) noexcept {
        if (!done_) group_->cancel(id_, reason);
    }
    // Somebody has taken note of how it ended.
    void seen() noexcept;
    // Aborts when it has not ended, or the outcome was taken before.
    void take() noexcept;

    void spawned(TaskGroup::Id id) noexcept { id_ = id; }

  protected:
    ~StartedTask() = default;
    // In the task's own scope, once. A Cancelled becomes a TaskCancelled where it was this task that
    // was cancelled.
    void ended(std::exception_ptr error);

  private:
    friend class StartedWait;
    TaskGroup* group_;  // null once the group has nothing more to learn from it
    std::string name_;
    TaskGroup::Id id_ = 0;
    std::exception_ptr error_;
    std::vector<StartedWait*> waits_;
    bool done_ = false;
    bool failed_ = false;
    bool taken_ = false;
};

// The awaiter behind wait() and TaskHandle::join().
class [[nodiscard("co_await it")]] StartedWait final : public Suspension, private Timer {
  public:
    StartedWait(std::vector<StartedTask*> tasks, Until until, std::chrono::nanoseconds timeout)
        : tasks_(std::move(tasks)), until_(until), timeout_(timeout) {}
    ~StartedWait() override { leave(); }
    void await_resume() const { finish(); }

  private:
    friend class StartedTask;
    bool start() override;
    void on_cancel() noexcept override;
    void on_due() noexcept override;
    void one_ended(const StartedTask& task) noexcept;
    void count(const StartedTask& task) noexcept;
    bool satisfied() const noexcept;
    void leave() noexcept;

    std::vector<StartedTask*> tasks_;
    Until until_;
    std::chrono::nanoseconds timeout_;
    std::size_t ended_ = 0;
    std::size_t failed_ = 0;
    bool listed_ = false;
};

}  // namespace detail
}  // namespace troika
