#pragma once

#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/shared_page.hpp>
#include <troika/workers/detail/spin_gate.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace troika::workers::detail {

// Where a worker waits: what its server sends it, in the order in which it was sent, whether through
// the mailbox or the socket. The end of the channel, and a frame that is none, end the process.
class WorkerInbox final {
  public:
    WorkerInbox(int channel, PageContent& page) noexcept : channel_(channel), page_(page) {}

    // From now on, for so long, the next frame is looked for before sleeping.
    void look_for(std::chrono::nanoseconds time) noexcept { gate_ = SpinGate(time); }

    Frame next();

  private:
    void look() noexcept;
    void spin() noexcept;
    bool nothing_new() const noexcept;
    Frame next_beside_mail();
    Frame next_in_socket();

    const int channel_;
    PageContent& page_;
    const std::unique_ptr<FrameBuffer> buffer_ = std::make_unique<FrameBuffer>();
    SpinGate gate_{std::chrono::nanoseconds(0)};
    std::uint32_t seen_ = 0;  // frames in the socket
    bool mail_ = false;       // a frame is in the mailbox
};

}  // namespace troika::workers::detail
