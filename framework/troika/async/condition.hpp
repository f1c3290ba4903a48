#pragma once

#include <troika/async/detail/wait_list.hpp>
#include <troika/async/mutex.hpp>
#include <troika/async/task.hpp>

#include <cstddef>
#include <utility>

namespace troika {

struct ConditionStats {
    std::size_t waiting;  // not notified yet
};

// Waits for a change of what a Mutex guards.
//
//     const auto has_work = [&] { return !queue.empty(); };
//     auto lock = co_await mutex.lock();
//     co_await changed.wait_until(lock, has_work);
//
//   Lifetime      Outlives its waiters (checked).
//   Threads       Event-loop thread only.
//   Cancellation  The lock is held again whenever wait() ends, also when it throws Cancelled. A
//                 waiter that was notified is not cancelled any more, so no notification gets lost.
class Condition final {
    class [[nodiscard("co_await it")]] Wait final : public detail::ListedSuspension {
      public:
        Wait(Condition& condition, Mutex::Lock& lock) noexcept
            : condition_(condition), lock_(lock) {}
        void await_resume();

      private:
        friend class Condition;
        bool start() override;
        void on_cancel() noexcept override;
        void lock_again() noexcept;

        Condition& condition_;
        Mutex::Lock& lock_;
        Mutex* mutex_ = nullptr;
        bool notified_ = false;
        bool was_cancelled_ = false;
    };

  public:
    // co_await condition.wait(lock): gives the lock away, waits for a notification, locks again.
    // `lock` is held and outlives the await.
    Wait wait(Mutex::Lock& lock) noexcept { return Wait(*this, lock); }
    // Waits until `predicate()`, which is asked under the lock.
    template <typename Predicate>
    Task<> wait_until(Mutex::Lock& lock, Predicate predicate) {
        while (!predicate()) co_await wait(lock);
    }

    // The waiter that came first; it goes on when it has the lock. Nothing where none waits.
    void notify_one() noexcept;
    // Those who wait now, in order.
    void notify_all() noexcept;

    ConditionStats stats() const noexcept { return {waiters_.size()}; }

  private:
    detail::WaitList waiters_;
};

}  // namespace troika
