#pragma once

#include <troika/async/clock.hpp>
#include <troika/async/detail/wait_list.hpp>

#include <cstdint>
#include <memory>

namespace troika {

class EventLoop;

// Whoever moves many bytes at once takes turns with the others that do, and all of them together with the
// rest of the loop:
//
//   loop: what is ready ─► a slice: turns in the order of their coming ─► what is ready ─► a slice ─► ...
//
// A slice ends with the turn during which it has lasted kSlice, so a small request waits for one turn and
// one slice, no matter how many clients move large bodies. A pause of zero would let all of them go on
// before the loop looks at its sockets again: 8 clients, 256 KB each, are several milliseconds.
//
//   Lifetime      Older than its turns.
//   Threads       Event-loop thread only.
//   Cancellation  A cancel ends the wait for a turn at once.
class TurnQueue final {
  public:
    static constexpr Clock::Duration kSlice = std::chrono::microseconds(250);

    explicit TurnQueue(EventLoop& loop);
    TurnQueue(const TurnQueue&) = delete;
    TurnQueue& operator=(const TurnQueue&) = delete;
    ~TurnQueue() = default;

    std::uint64_t given() const noexcept;  // turns, since the beginning

  private:
    friend class Turn;
    struct State;
    std::shared_ptr<State> state_;
};

// co_await turn: goes on when the others that wait have had theirs.
class [[nodiscard("co_await it")]] Turn final : public detail::ListedSuspension {
  public:
    explicit Turn(TurnQueue& queue) noexcept : queue_(queue) {}
    void await_resume() const { finish(); }

  private:
    friend struct TurnQueue::State;
    bool start() override;

    TurnQueue& queue_;
    std::uint64_t number_ = 0;
};

}  // namespace troika
