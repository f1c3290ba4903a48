#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/suspension.hpp>
#include <troika/async/timers.hpp>

#include <chrono>

namespace troika {

class [[nodiscard("co_await it")]] Sleep final : public Suspension, private Timer {
  public:
    explicit Sleep(std::chrono::nanoseconds duration) noexcept : duration_(duration) {}
    void await_resume() const { finish(); }

  private:
    bool start() override;
    void on_cancel() noexcept override;
    void on_due() noexcept override { resume_now(); }

    std::chrono::nanoseconds duration_;
};

// co_await sleep_for(250ms): resumes on the loop, up to 1 ms later than asked, never earlier. Zero
// or less gives others a turn (like asyncio.sleep(0)). A cancel ends it at once.
inline Sleep sleep_for(std::chrono::nanoseconds duration) noexcept { return Sleep(duration); }

}  // namespace troika
