#pragma once

#include <troika/http/server/detail/server_core.hpp>

namespace troika::http::detail {

// Accepts connections from one listening socket for as long as the server wants any.
//
// Out of descriptors: a descriptor held in reserve takes the next client, tells it 503 and lets it go, then
// accepting pauses for a moment; it never ends. Too many connections: the longest idle ones are closed for
// clients in the backlog; while there are none, these wait.
class Acceptor final : public PollTarget, private WheelEntry {
  public:
    Acceptor(ServerCore& core, UniqueFd listener);
    ~Acceptor() override;
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    // Takes what is in the backlog already (closing would reset it), then closes.
    void finish() noexcept;
    // A connection has gone.
    void on_room() noexcept;

  private:
    enum class Outcome : std::uint8_t { accepted, none, no_descriptors };

    void on_ready(std::uint32_t events) noexcept override;
    void on_due() noexcept override;
    Outcome accept_one() noexcept;
    void refuse_handshakes() noexcept;
    void shed() noexcept;
    void report_refused() noexcept;
    void make_room() noexcept;
    std::size_t waiting() const noexcept;
    void report_full() noexcept;
    void pause() noexcept;
    void go_on() noexcept;

    ServerCore& core_;
    UniqueFd listener_;
    UniqueFd reserve_;
    std::size_t refused_ = 0;  // not reported yet
    std::size_t displaced_ = 0;
    Clock::TimePoint next_report_;
    Clock::TimePoint next_report_of_full_;
    bool out_of_descriptors_ = false;
    bool watching_ = false;
};

}  // namespace troika::http::detail
