#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>

namespace troika::http::detail {

// Measures by how much the loop is late, as long as somebody keeps asking: a timer that is due each
// 20 ms and says when it really had its turn. Nothing wakes an idle service.
class LagWatch final : private Timer {
  public:
    explicit LagWatch(EventLoop& loop) noexcept : loop_(loop) {}
    LagWatch(const LagWatch&) = delete;
    LagWatch& operator=(const LagWatch&) = delete;
    ~LagWatch() override;

    // The lag last measured, at most two periods ago; zero before the first time.
    Clock::Duration look() noexcept;

  private:
    void on_due() noexcept override;

    EventLoop& loop_;
    Clock::TimePoint due_;
    Clock::Duration lag_{};
    bool armed_ = false;
    bool asked_ = false;
};

}  // namespace troika::http::detail
