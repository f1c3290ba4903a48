#include <troika/async/condition.hpp>
#include <troika/base/check.hpp>

#include <utility>

// A waiter stands first in the condition's list, then in the mutex's, so it is woken once and with
// the lock:
//
//   wait() ──► waiters of the condition ──notify──► free? ──yes──► resumed with the lock
//                      │                              └──no──► waiters of the mutex ──hand over──┘
//                      └──cancel──► the same way back, then Cancelled

namespace troika {

bool Condition::Wait::start() {
    TROIKA_CHECK(lock_.owns(), "a condition is awaited by who holds its lock");
    mutex_ = lock_.mutex_;
    wait_in(condition_.waiters_);
    lock_.unlock();
    return true;
}

void Condition::Wait::on_cancel() noexcept {
    if (notified_) return;  // delivered; the next await throws
    was_cancelled_ = true;
    leave();
    lock_again();
}

void Condition::Wait::lock_again() noexcept {
    if (mutex_->take()) {
        resume_soon();
    } else {
        wait_in(mutex_->waiters_);
    }
}

void Condition::Wait::await_resume() {
    finish();
    lock_.mutex_ = mutex_;
    if (was_cancelled_) scope().throw_if_cancelled();
}

void Condition::notify_one() noexcept {
    if (waiters_.empty()) return;
    auto& waiter = static_cast<Wait&>(waiters_.take_first());
    waiter.notified_ = true;
    waiter.lock_again();
}

void Condition::notify_all() noexcept {
    for (std::size_t left = waiters_.size(); left > 0; --left) notify_one();
}

}  // namespace troika
