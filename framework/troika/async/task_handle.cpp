#include <troika/async/event_loop.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/base/check.hpp>

#include <algorithm>
#include <utility>

namespace troika {

TaskCancelled::TaskCancelled(std::string_view task, CancelReason reason)
    : Error("task '" + std::string(task) + "' was cancelled: " + std::string(to_string(reason))),
      reason_(reason) {}

namespace detail {

void StartedTask::ended(std::exception_ptr error) {
    const Scope& scope = *current_scope();
    const bool cancelled = error && scope.cancelled() && is_cancelled(error);
    done_ = true;
    failed_ = error && !cancelled;
    error_ = cancelled ? std::make_exception_ptr(TaskCancelled(name_, scope.reason()))
                       : std::move(error);
    if (failed_) {
        group_->unseen_.push_back(shared_from_this());
    } else {
        group_ = nullptr;
    }
    for (StartedWait* const wait : std::exchange(waits_, {})) wait->one_ended(*this);
}

void StartedTask::seen() noexcept {
    if (!done_ || group_ == nullptr) return;
    auto& unseen = std::exchange(group_, nullptr)->unseen_;
    std::erase_if(unseen, [this](const auto& one) { return one.get() == this; });
}

void StartedTask::take() noexcept {
    TROIKA_CHECK(done_, "the result of a task that has not ended: await join() or wait() first");
    TROIKA_CHECK(!std::exchange(taken_, true), "the result of a started task was taken before");
    seen();
}

bool StartedWait::start() {
    for (const StartedTask* task : tasks_)
        if (task->done()) count(*task);
    if (satisfied() || timeout_ <= timeout_.zero()) return false;
    listed_ = true;
    for (StartedTask* task : tasks_)
        if (!task->done()) task->waits_.push_back(this);
    EventLoop& loop = scope().loop();
    const auto now = loop.now();
    if (timeout_ < Clock::TimePoint::max() - now) loop.timers().add(*this, now + timeout_);
    return true;
}

void StartedWait::count(const StartedTask& task) noexcept {
    ++ended_;
    if (task.failed()) ++failed_;
}

bool StartedWait::satisfied() const noexcept {
    if (ended_ == tasks_.size()) return true;
    switch (until_) {
        case Until::first_completed: return ended_ > 0;
        case Until::first_exception: return failed_ > 0;
        case Until::all_completed: break;
    }
    return false;
}

void StartedWait::one_ended(const StartedTask& task) noexcept {
    // A handle given twice is listed twice and counts twice.
    count(task);
    if (!waiting() || !satisfied()) return;
    leave();
    resume_soon();
}

void StartedWait::leave() noexcept {
    if (pending()) scope().loop().timers().cancel(*this);
    if (!std::exchange(listed_, false)) return;
    for (StartedTask* task : tasks_) std::erase(task->waits_, this);
}

void StartedWait::on_cancel() noexcept {
    leave();
    complete_cancelled();
}

void StartedWait::on_due() noexcept {
    leave();
    resume_now();
}

}  // namespace detail
}  // namespace troika
