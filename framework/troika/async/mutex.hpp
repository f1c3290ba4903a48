#pragma once

#include <troika/async/detail/wait_list.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace troika {

class Condition;

struct MutexStats {
    bool locked;
    std::size_t waiting;        // tasks in the queue now
    std::uint64_t had_to_wait;  // lock() calls that ever were in it
};

// One task at a time, first come, first served; for what must not interleave across a co_await.
// Between two awaits nothing interleaves anyway, so plain data needs none.
//
//   Lifetime      Outlives its locks and waiters (checked).
//   Threads       Event-loop thread only.
//   Cancellation  A cancelled waiter leaves and the lock is not lost; one that was granted already
//                 is delivered.
class Mutex final {
  public:
    // Unlocks when it goes.
    class [[nodiscard("unlocks at once if it is not kept")]] Lock final {
      public:
        Lock(Lock&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        Lock& operator=(Lock&& other) noexcept {
            if (this != &other) {
                unlock();
                mutex_ = std::exchange(other.mutex_, nullptr);
            }
            return *this;
        }
        ~Lock() { unlock(); }
        void unlock() noexcept {
            if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->hand_over();
        }
        bool owns() const noexcept { return mutex_ != nullptr; }

      private:
        friend class Condition;
        friend class Mutex;
        explicit Lock(Mutex& mutex) noexcept : mutex_(&mutex) {}
        Mutex* mutex_;
    };

  private:
    class [[nodiscard("co_await it")]] Acquire final : public detail::ListedSuspension {
      public:
        explicit Acquire(Mutex& mutex) noexcept : mutex_(mutex) {}
        Lock await_resume() const {
            finish();
            return Lock(mutex_);
        }

      private:
        bool start() override {
            if (mutex_.take()) return false;
            ++mutex_.had_to_wait_;
            wait_in(mutex_.waiters_);
            return true;
        }
        Mutex& mutex_;
    };

  public:
    // co_await mutex.lock() gives a Lock. Nothing is allocated.
    Acquire lock() noexcept { return Acquire(*this); }
    std::optional<Lock> try_lock() noexcept {
        if (!take()) return std::nullopt;
        return Lock(*this);
    }
    bool locked() const noexcept { return locked_; }
    MutexStats stats() const noexcept { return {locked_, waiters_.size(), had_to_wait_}; }

  private:
    friend class Condition;

    bool take() noexcept { return !std::exchange(locked_, true); }
    void hand_over() noexcept {
        if (waiters_.empty()) {
            locked_ = false;
        } else {
            waiters_.resume_first();  // still locked: nobody can overtake
        }
    }
    bool locked_ = false;
    std::uint64_t had_to_wait_ = 0;
    detail::WaitList waiters_;
};

}  // namespace troika
