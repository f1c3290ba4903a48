#include <troika/workers/detail/frame.hpp>

#include <troika/base/error.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace troika::workers::detail {
namespace {

constexpr std::size_t kControlSize = CMSG_SPACE(kMaxDescriptors * sizeof(int));

using Descriptors = std::array<UniqueFd, kMaxDescriptors>;

Descriptors take_descriptors(msghdr& message) {
    Descriptors taken;
    std::size_t count = 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t received = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < received; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            UniqueFd owned(fd);
            if (count < taken.size()) taken[count++] = std::move(owned);
        }
    }
    return taken;
}

// Empty: the header and the sizes agree.
const char* find_fault(const FrameHeader& header, std::size_t inline_size, std::size_t largest) {
    if (header.magic != kFrameMagic) return "bytes that are no frame";
    if (header.head_size > largest || header.body_size > largest - header.head_size) {
        return "a frame larger than the limit";
    }
    std::size_t expected = 0;
    if ((header.flags & kHeadIsFile) == 0) expected += header.head_size;
    if ((header.flags & kBodyIsFile) == 0) expected += header.body_size;
    return expected == inline_size ? nullptr : "a frame whose length is wrong";
}

void fill_parcel(Frame& frame, std::string_view rest, Descriptors& received) {
    std::size_t next = 0;
    const auto take = [&](std::uint16_t flag, std::size_t size) {
        if ((frame.header.flags & flag) != 0) {
            return Payload::adopt(std::move(received[next++]), size);
        }
        Payload payload(std::string(rest.substr(0, size)));
        rest.remove_prefix(size);
        return payload;
    };
    frame.parcel.head = take(kHeadIsFile, frame.header.head_size);
    frame.parcel.body = take(kBodyIsFile, frame.header.body_size);
    for (auto& target : frame.descriptors) {
        if (next < received.size()) target = std::move(received[next++]);
    }
}

ReceiveResult fault(Received status, const char* problem) {
    ReceiveResult result;
    result.status = status;
    result.problem = problem;
    return result;
}

ReceiveResult receive_error(int error) {
    // A peer that died with unread frames is reported once, before what it had sent: read on.
    if (error == EINTR || error == ECONNRESET) return fault(Received::interrupted, "");
    if (error == EAGAIN || error == EWOULDBLOCK) return fault(Received::empty, "");
    return fault(Received::closed, std::strerror(error));
}

}  // namespace

ReceiveResult receive_frame(int socket, int flags, std::size_t largest, FrameBuffer& buffer) {
    alignas(cmsghdr) std::array<char, kControlSize> control;
    iovec part{buffer.bytes.data(), buffer.bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (length < 0) return receive_error(errno);
    Descriptors received = take_descriptors(message);
    if (length == 0) return fault(Received::closed, "");
    if ((message.msg_flags & MSG_TRUNC) != 0)
        return fault(Received::garbage, "an oversized message");
    const auto size = static_cast<std::size_t>(length);
    if (size < sizeof(FrameHeader))
        return fault(Received::garbage, "a message shorter than a frame");

    FrameHeader header;
    std::memcpy(&header, buffer.bytes.data(), sizeof header);
    const std::string_view rest(buffer.bytes.data() + sizeof header, size - sizeof header);
    if ((message.msg_flags & MSG_CTRUNC) == 0)
        return read_frame(header, rest, largest, std::move(received));
    ReceiveResult result;
    if (const char* problem = find_fault(header, rest.size(), largest))
        return fault(Received::garbage, problem);
    result.status = Received::no_room;
    result.frame.header = header;
    return result;
}

ReceiveResult read_frame(const FrameHeader& header, std::string_view inline_bytes,
                         std::size_t largest, Descriptors descriptors) {
    if (const char* problem = find_fault(header, inline_bytes.size(), largest))
        return fault(Received::garbage, problem);
    ReceiveResult result;
    result.status = Received::frame;
    result.frame.header = header;
    try {
        fill_parcel(result.frame, inline_bytes, descriptors);
    } catch (const Error& error) {
        result.status = Received::garbage;
        result.problem = error.what();
    }
    return result;
}

int send_frame(int socket, int flags, FrameHeader header, const Parcel& parcel,
               std::span<const int> descriptors) noexcept {
    std::array<int, kMaxDescriptors> all{};
    std::size_t count = 0;
    std::array<iovec, 3> parts{};
    std::size_t part_count = 1;
    const auto add = [&](const Payload& payload, std::uint16_t flag) {
        if (payload.memory_file() >= 0) {
            header.flags |= flag;
            all[count++] = payload.memory_file();
        } else if (!payload.empty()) {
            parts[part_count++] = {const_cast<char*>(payload.bytes().data()), payload.size()};
        }
        return payload.size();
    };
    header.head_size = add(parcel.head, kHeadIsFile);
    header.body_size = add(parcel.body, kBodyIsFile);
    if (count + parcel.shared.size() + descriptors.size() > kMaxDescriptors) return EINVAL;
    for (const auto& file : parcel.shared) all[count++] = file->get();
    for (const int fd : descriptors) all[count++] = fd;
    parts[0] = {&header, sizeof header};

    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = part_count;
    alignas(cmsghdr) std::array<char, kControlSize> control{};
    if (count > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(rights), all.data(), count * sizeof(int));
    }
    while (::sendmsg(socket, &message, flags | MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

void fit_inline(Parcel& parcel) {
    const auto inline_size = [](const Payload& payload) {
        return payload.memory_file() >= 0 ? 0 : payload.size();
    };
    while (inline_size(parcel.head) + inline_size(parcel.body) > kInlineLimit) {
        Payload& larger =
            inline_size(parcel.head) > inline_size(parcel.body) ? parcel.head : parcel.body;
        larger = Payload::in_memory_file(larger.bytes());
    }
}

}  // namespace troika::workers::detail
