#pragma once

#include <troika/async/detail/wait_list.hpp>

#include <cstddef>

namespace troika {

struct EventStats {
    bool set;
    std::size_t waiting;
};

// A flag tasks can wait for. set() wakes every waiter; clear() makes later ones wait again.
//
//   Lifetime      Outlives its waiters (checked).
//   Threads       Event-loop thread only.
//   Cancellation  A cancelled waiter leaves.
class Event final {
    class [[nodiscard("co_await it")]] Wait final : public detail::ListedSuspension {
      public:
        explicit Wait(Event& event) noexcept : event_(event) {}
        void await_resume() const { finish(); }

      private:
        bool start() override {
            if (event_.set_) return false;
            wait_in(event_.waiters_);
            return true;
        }
        Event& event_;
    };

  public:
    void set() noexcept {
        set_ = true;
        waiters_.resume_all();
    }
    void clear() noexcept { set_ = false; }
    bool is_set() const noexcept { return set_; }
    Wait wait() noexcept { return Wait(*this); }
    EventStats stats() const noexcept { return {set_, waiters_.size()}; }

  private:
    bool set_ = false;
    detail::WaitList waiters_;
};

}  // namespace troika
