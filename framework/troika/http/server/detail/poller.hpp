#pragma once

#include <troika/async/clock.hpp>

#include <cstdint>
#include <memory>

namespace troika {
class EventLoop;
}

namespace troika::http::detail {

class PollTarget {
  public:
    // EPOLLIN and so on. Called from the event loop, with no coroutine below on the stack.
    virtual void on_ready(std::uint32_t events) noexcept = 0;

  protected:
    ~PollTarget() = default;
};

// The sockets of one server in an epoll set of their own, which the event loop watches as one descriptor:
//
//   sockets ──► this epoll set (edge-triggered, each registered once) ──► Asio's ──► event loop
//
// so waiting for a socket costs no system call and no Asio operation a time, an idle connection keeps no
// reactor state beside its own, and a gone client is noticed without asking. Rounds are short, so that
// others on the loop get their turn.
//
//   Lifetime      Older than its targets.
//   Threads       Event-loop thread only.
class Poller final {
  public:
    explicit Poller(EventLoop& loop);
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    // Throws IoError.
    void add(int fd, std::uint32_t events, PollTarget& target);
    // Before the descriptor is closed. No event of this round reaches the target any more.
    void remove(int fd, PollTarget& target) noexcept;

    // Inside a round its begin (a round is short), else the loop's time.
    Clock::TimePoint now() const noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace troika::http::detail
