#pragma once

#include <troika/base/unique_fd.hpp>
#include <troika/workers/payload.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

// One frame is one message of a SOCK_SEQPACKET socket: this header, then head and body where they
// are inline. A head or body that is a memory file travels as a descriptor beside the message.
//
//   server -> worker   begin, then run one at a time; start_hook before begin, settings at any time
//   worker -> server   hello, ready or start_failed; per job any number of log and metrics frames,
//                      then result or error
//   server -> zygote   spawn, fork_zygote, preload
//   zygote -> server   on the new worker's channel: born or spawn_failed; on its own: hello, result
namespace troika::workers::detail {

enum class FrameKind : std::uint16_t {
    run = 1,
    begin,
    start_hook,
    settings,
    hello,
    ready,
    start_failed,
    result,
    error,
    log,
    metrics,
    spawn,
    fork_zygote,
    preload,
    born,
    spawn_failed,
};

inline constexpr std::uint32_t kFrameMagic = 0x314b5254;  // "TRK1"
inline constexpr std::uint16_t kHeadIsFile = 1;
inline constexpr std::uint16_t kBodyIsFile = 2;
// Of head and of body. Up to all that one message may hold (208 KB of send buffer, for both together)
// the socket is the quicker way (measured: bench_offload_reference), so this is as large as fits.
inline constexpr std::size_t kInlineLimit = 64 * 1024;
inline constexpr std::uint16_t kPrinted =
    4;  // result, error: stdout or stderr has lines of this job
// Set by the server when an answer came through shared memory; never sent.
inline constexpr std::uint16_t kMailed = 8;
inline constexpr std::size_t kMaxDescriptors = 6;
// What a worker may send beside results, whatever the largest of these: errors, log lines, metrics.
inline constexpr std::size_t kLargestWord = 1024 * 1024;
// What zygote and worker take: they trust the server, whose limits are its own.
inline constexpr std::size_t kLargestFromServer = std::size_t{1} << 40;

struct FrameHeader {
    std::uint32_t magic = kFrameMagic;
    FrameKind kind{};
    std::uint16_t flags = 0;
    std::uint32_t generation = 0;  // of the worker; a frame of another one is never believed
    // hello, born: pid; spawn_failed: errno; run: open files, 0: any; begin: 1 to report memory
    std::uint32_t number = 0;
    std::uint64_t job_id = 0;      // begin: the largest result in bytes
    std::uint64_t trampoline = 0;  // addresses are the same in every fork of one image
    std::uint64_t function = 0;
    std::int64_t deadline = 0;  // run: steady clock, nanoseconds; 0: none. begin: time to spin
    std::uint64_t memory = 0;   // run: bytes of address space for the job; 0: any
    std::uint64_t head_size = 0;
    std::uint64_t body_size = 0;
};
static_assert(std::is_trivially_copyable_v<FrameHeader> && sizeof(FrameHeader) == 72);

// Large enough for every frame; one per receiver, reused.
struct FrameBuffer {
    alignas(FrameHeader) std::array<char, sizeof(FrameHeader) + kInlineLimit> bytes;
};

struct Frame {
    FrameHeader header;
    Parcel parcel;
    std::array<UniqueFd, kMaxDescriptors> descriptors;  // those that are no head and no body
};

enum class Received {
    frame,
    empty,    // nothing there now (only with MSG_DONTWAIT)
    closed,   // the other side is gone
    garbage,  // not a frame of ours, or one that breaks a limit; `problem` says what
    no_room,  // a frame whose descriptors could not be received: this process has none left
    interrupted,
};

struct ReceiveResult {
    Received status = Received::empty;
    Frame frame;
    std::string problem;
};

// The frame that `header` and the inline bytes behind it are, or garbage. `largest` caps head and
// body together. Never throws for what the other side did.
ReceiveResult read_frame(const FrameHeader& header, std::string_view inline_bytes,
                         std::size_t largest,
                         std::array<UniqueFd, kMaxDescriptors> descriptors = {});
ReceiveResult receive_frame(int socket, int flags, std::size_t largest, FrameBuffer& buffer);

// Returns 0 or errno. The parcel must fit (see fit_inline); `descriptors` follow those of the
// parcel.
int send_frame(int socket, int flags, FrameHeader header, const Parcel& parcel = {},
               std::span<const int> descriptors = {}) noexcept;

// Moves head or body, the larger one first, to memory files until the rest fits into one message.
void fit_inline(Parcel& parcel);

}  // namespace troika::workers::detail
