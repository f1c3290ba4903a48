#include "targets.hpp"

#include <troika/base/check.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/workers/detail/frame.hpp>

#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <string>

namespace troika::fuzz {

using namespace workers::detail;

// One message of any bytes, and the same with the right magic number, which gets further.
void frames(std::string_view bytes) {
    int ends[2];
    TROIKA_CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "no sockets");
    const UniqueFd near(ends[0]);
    const UniqueFd far(ends[1]);
    const auto buffer = std::make_unique<FrameBuffer>();
    std::string known(bytes.substr(0, kInlineLimit));
    if (known.size() >= sizeof kFrameMagic)
        std::memcpy(known.data(), &kFrameMagic, sizeof kFrameMagic);
    for (const std::string_view message :
         {bytes.substr(0, kInlineLimit), std::string_view(known)}) {
        if (message.empty()) continue;
        if (::send(near.get(), message.data(), message.size(), MSG_DONTWAIT) < 0) return;
        constexpr std::size_t kLargest = 1024 * 1024;
        ReceiveResult result = receive_frame(far.get(), MSG_DONTWAIT, kLargest, *buffer);
        TROIKA_CHECK(result.status == Received::frame || result.status == Received::garbage,
                     "a message is a frame or garbage");
        if (result.status != Received::frame) continue;
        const std::size_t size =
            result.frame.parcel.head.bytes().size() + result.frame.parcel.body.bytes().size();
        TROIKA_CHECK(size + sizeof(FrameHeader) == message.size(), "a frame of another length");
    }
}

}  // namespace troika::fuzz
