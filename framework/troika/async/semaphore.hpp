#pragma once

#include <troika/async/detail/wait_list.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace troika {

struct SemaphoreStats {
    std::size_t available;      // permits nobody has
    std::size_t waiting;        // tasks in the queue now
    std::uint64_t had_to_wait;  // acquire() calls that ever were in it
};

// A fixed number of permits, handed out first come, first served.
//
//   Lifetime      Outlives its permits and waiters.
//   Threads       Event-loop thread only.
//   Cancellation  A cancelled waiter leaves and no permit is lost; one that was granted already is
//                 delivered.
class Semaphore final {
  public:
    // Gives its permit back when it goes.
    class [[nodiscard("the permit is given back at once if it is not kept")]] Permit final {
      public:
        Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
        Permit& operator=(Permit&& other) noexcept {
            if (this != &other) {
                release();
                semaphore_ = std::exchange(other.semaphore_, nullptr);
            }
            return *this;
        }
        ~Permit() { release(); }
        void release() noexcept {
            if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->give_back();
        }

      private:
        friend class Semaphore;
        explicit Permit(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
        Semaphore* semaphore_;
    };

  private:
    class [[nodiscard("co_await it")]] Acquire final : public detail::ListedSuspension {
      public:
        explicit Acquire(Semaphore& semaphore) noexcept : semaphore_(semaphore) {}
        Permit await_resume() const {
            finish();
            return Permit(semaphore_);
        }

      private:
        bool start() override {
            if (semaphore_.available_ > 0) {
                --semaphore_.available_;
                return false;
            }
            ++semaphore_.had_to_wait_;
            wait_in(semaphore_.waiters_);
            return true;
        }
        Semaphore& semaphore_;
    };

  public:
    explicit Semaphore(std::size_t permits) noexcept : available_(permits) {}

    // co_await semaphore.acquire() gives a Permit. Nothing is allocated.
    Acquire acquire() noexcept { return Acquire(*this); }
    std::optional<Permit> try_acquire() noexcept {
        if (available_ == 0) return std::nullopt;
        --available_;
        return Permit(*this);
    }
    std::size_t available() const noexcept { return available_; }
    std::size_t waiting() const noexcept { return waiters_.size(); }
    SemaphoreStats stats() const noexcept { return {available_, waiters_.size(), had_to_wait_}; }

  private:
    void give_back() noexcept {
        if (waiters_.empty()) {
            ++available_;
        } else {
            waiters_.resume_first();  // handed over: nobody can overtake
        }
    }
    std::size_t available_;
    std::uint64_t had_to_wait_ = 0;
    detail::WaitList waiters_;
};

}  // namespace troika
