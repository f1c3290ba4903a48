#pragma once

#include <troika/workers/detail/frame.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troika::workers::detail {

// A frame handed over in shared memory, without a system call, to a reader who is looking for one at
// this moment; to anybody else it goes through the socket. One direction, one frame at a time.
//
//   away ──start_looking()──► looking ──deliver()──► delivered
//     ▲                          │                       │
//     └───────── look_away() ◄───┴───────────────────────┘
//
// Each side of it is one thread of one process. A process that has lost its mind can write anything
// into it: take() believes nothing, and a reader who is told nothing is where it would be with a
// writer that says nothing.
class Mailbox final {
  public:
    static constexpr std::size_t kRoom = 16 * 1024;  // head and body; resident only once used

    // Writer. False: nobody looks, or it does not fit; nothing has happened.
    bool deliver(const FrameHeader& header, const Parcel& parcel) noexcept;

    // Reader.
    void start_looking() noexcept { state_.store(State::looking, std::memory_order_release); }
    bool delivered() const noexcept {
        return state_.load(std::memory_order_acquire) == State::delivered;
    }
    // True: a frame is there, and stays until start_looking().
    bool look_away() noexcept {
        return state_.exchange(State::away, std::memory_order_acq_rel) == State::delivered;
    }
    // What was delivered: a frame or garbage.
    ReceiveResult take(std::size_t largest) const;

  private:
    enum class State : std::uint32_t { away, looking, delivered };

    alignas(64) std::atomic<State> state_{State::away};
    static_assert(std::atomic<State>::is_always_lock_free);
    FrameHeader header_;
    std::array<char, kRoom> bytes_;
};

}  // namespace troika::workers::detail
