#pragma once

#include <troika/async/clock.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace troika {

class Timers;

// One pending call, owned by whoever waits. Destroying it cancels it.
class Timer {
  public:
    Timer() noexcept = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    bool pending() const noexcept { return index_ != kNone; }

  protected:
    virtual ~Timer();
    // On the loop thread, at or after the due time; the timer is no longer pending.
    virtual void on_due() noexcept = 0;

  private:
    friend class Timers;
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
    Timers* timers_ = nullptr;
    Clock::TimePoint due_;
    std::size_t index_ = kNone;
};

// Every exact wait of a loop (sleep_for, with_timeout, deadlines) in one heap over one Asio timer,
// which is armed only while the heap holds something. The only user of Asio timers in the
// framework. Resolution 1 ms: due times are rounded up, so that neighbours share a wake-up. Equal
// due times fire in the order of their rounding only; what needs an order must not rely on timers.
//
//   Threads       Event-loop thread only.
//   Errors        add() may throw std::bad_alloc.
class Timers final {
  public:
    Timers(boost::asio::io_context& io, Clock& clock);
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;
    ~Timers();

    // A timer that is pending already is moved.
    void add(Timer& timer, Clock::TimePoint due);
    void cancel(Timer& timer) noexcept;

    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }
    Clock::TimePoint next_due() const noexcept { return heap_.front()->due_; }  // not when empty()
    // Calls on_due() of everything due by now, earliest first.
    void fire_due() noexcept;
    Clock& clock() const noexcept { return clock_; }

  private:
    struct KernelTimer;

    void arm();
    void sift_up(std::size_t index) noexcept;
    void sift_down(std::size_t index) noexcept;
    void place(std::size_t index, Timer* timer) noexcept;
    void remove(std::size_t index) noexcept;

    Clock& clock_;
    std::vector<Timer*> heap_;
    std::unique_ptr<KernelTimer> kernel_timer_;
    bool firing_ = false;
};

}  // namespace troika
