#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/workers/detail/spin_gate.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace troika::workers::detail {

// Keeps the loop from going to sleep for answers that are about to come. While jobs that are out
// come back within microseconds, the loop polls: everything else it waits for is served as ever,
// but who answers has nobody to wake. When to look, and when not to, SpinGate says. One per pool;
// on the loop thread.
class Lookout final {
  public:
    // What can be looked at without a system call. Both are called on the loop thread.
    class Watched {
      public:
        virtual void look() = 0;                // at each round; may call began() and ended()
        virtual void look_away() noexcept = 0;  // nobody looks from here on

      protected:
        ~Watched() = default;
    };

    // `time`: how long to look for the next answer; 0: never. Never under a virtual clock either.
    Lookout(EventLoop& loop, std::chrono::nanoseconds time, Watched* watched = nullptr);
    ~Lookout() {
        if (self_) *self_ = nullptr;
    }
    Lookout(const Lookout&) = delete;
    Lookout& operator=(const Lookout&) = delete;

    // A job is being given away; whatever comes back of it will be told by ended().
    void began();
    void ended() noexcept;
    bool looking() const noexcept { return looking_; }
    // For good: on the loop thread, before what is watched goes.
    void close() noexcept;

  private:
    void start();
    void stop() noexcept;
    void post_round();
    void round();

    EventLoop& loop_;
    Watched* const watched_;
    // A round on its way through the loop finds nobody once this is gone.
    std::shared_ptr<Lookout*> self_;
    SpinGate gate_;
    std::size_t out_ = 0;
    std::chrono::steady_clock::time_point last_{};  // something was given away or came back
    std::chrono::steady_clock::time_point last_round_{};
    std::chrono::nanoseconds looked_{0};  // in vain
    bool looking_ = false;
    bool posted_ = false;
};

}  // namespace troika::workers::detail
