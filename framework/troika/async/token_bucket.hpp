#pragma once

#include <troika/async/detail/wait_list.hpp>
#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troika {

struct TokenBucketStats {
    double available;     // tokens there at the time asked for
    std::size_t waiting;  // tasks in the queue now
    std::uint64_t taken;  // tokens ever given out
};

// Limits a rate: `burst` tokens at once, then `rate` per second, first come, first served.
//
//     TokenBucket bucket(5, 2);   // 15 calls take 2.6 s
//     co_await bucket.take();
//
// Tokens are due at times that follow from the rate alone, not from when their takers woke up, so
// neither the timer's resolution nor the way from one call to the next slows the rate or speeds it
// up. Lateness beyond 10 ms (a blocked loop) is not made up for. Above 1000 per second, where several
// tokens are due at one wake-up, the burst must hold what falls due in 2 ms.
//
//   Lifetime      Outlives its waiters (checked). Full when made.
//   Threads       Event-loop thread only, inside coroutines, always on one loop.
//   Cancellation  A cancelled waiter leaves and its tokens go to the next; granted ones are spent.
class TokenBucket final : private Timer {
    class [[nodiscard("co_await it")]] Take final : public detail::ListedSuspension {
      public:
        Take(TokenBucket& bucket, std::size_t tokens) noexcept : bucket_(bucket), tokens_(tokens) {}
        void await_resume() const { finish(); }

      private:
        friend class TokenBucket;
        bool start() override;
        void on_cancel() noexcept override;
        TokenBucket& bucket_;
        std::size_t tokens_;
        Clock::TimePoint since_;
    };

  public:
    // `rate` in tokens per second, above 0; `burst` at least 1.
    TokenBucket(double rate, std::size_t burst);

    // co_await bucket.take(n): waits for n tokens, at most `burst`, and spends them.
    Take take(std::size_t tokens = 1);
    // Spends them now, or tells that they are not there or that others wait for them.
    bool try_take(std::size_t tokens = 1);

    // How long n more would have to wait, behind those who wait already; 0: they are there.
    Clock::Duration delay(std::size_t tokens, Clock::TimePoint now) const noexcept;

    TokenBucketStats stats(Clock::TimePoint now) const noexcept;

  private:
    Clock::TimePoint due(std::size_t tokens) const noexcept;
    void spend(std::size_t tokens, Clock::TimePoint at) noexcept;
    bool spend_if_due(std::size_t tokens, Clock::TimePoint now) noexcept;
    void on_due() noexcept override;
    void grant_and_arm() noexcept;

    double interval_;  // nanoseconds between tokens
    std::size_t burst_;
    Clock::TimePoint full_at_ = Clock::TimePoint::min();  // when it is, or was, full again
    double full_at_fraction_ = 0;                         // of a nanosecond
    std::uint64_t taken_ = 0;
    std::size_t awaited_ = 0;  // tokens, by those in the queue
    EventLoop* loop_ = nullptr;
    detail::WaitList waiters_;
};

}  // namespace troika
