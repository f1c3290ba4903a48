#include <troika/workers/detail/frame.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstring>
#include <string>

using namespace troika::workers::detail;
using troika::UniqueFd;
using troika::workers::Parcel;
using troika::workers::Payload;

namespace {

constexpr std::size_t kLimit = 64 * 1024 * 1024;

struct Channel {
    Channel() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    ReceiveResult receive(std::size_t largest = kLimit) const {
        const auto buffer = std::make_unique<FrameBuffer>();
        return receive_frame(far.get(), MSG_DONTWAIT, largest, *buffer);
    }
    void send_raw(const void* bytes, std::size_t size) const {
        REQUIRE(::send(near.get(), bytes, size, 0) == static_cast<ssize_t>(size));
    }
    UniqueFd near, far;
};

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 % 251);
    return text;
}

}  // namespace

TEST_CASE("head and body of every size around the inline limit arrive as they were sent") {
    const std::size_t sizes[] = {0, 1, kInlineLimit - 1, kInlineLimit, kInlineLimit + 1, 3000000};
    for (const std::size_t head : sizes) {
        for (const std::size_t body : sizes) {
            CAPTURE(head, body);
            const Channel channel;
            Parcel parcel{Payload(pattern(head)), Payload(pattern(body))};
            fit_inline(parcel);
            REQUIRE(send_frame(channel.near.get(), 0, {.kind = FrameKind::run, .job_id = 7},
                               parcel) == 0);
            const ReceiveResult received = channel.receive();
            REQUIRE(received.status == Received::frame);
            CHECK(received.frame.header.job_id == 7);
            CHECK(received.frame.parcel.head.bytes() == pattern(head));
            CHECK(received.frame.parcel.body.bytes() == pattern(body));
        }
    }
}

TEST_CASE("a memory file that is not sealed is refused before it is mapped") {
    const Channel channel;
    UniqueFd file(::memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::ftruncate(file.get(), 100000) == 0);
    FrameHeader header{.kind = FrameKind::result, .flags = kHeadIsFile};
    header.head_size = 100000;
    // As a hostile sender would: the header claims a head that the descriptor does not deserve.
    iovec part{&header, sizeof header};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = file.get();
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    REQUIRE(::sendmsg(channel.near.get(), &message, 0) > 0);

    const ReceiveResult received = channel.receive();
    CHECK(received.status == Received::garbage);
    CHECK(received.problem == "a received memory file is not sealed");
}

TEST_CASE("bytes that are no frame are reported as garbage, never as a frame") {
    const Channel channel;
    SECTION("too short") {
        channel.send_raw("hello", 5);
        CHECK(channel.receive().problem == "a message shorter than a frame");
    }
    SECTION("wrong magic") {
        channel.send_raw(std::string(200, 'x').data(), 200);
        CHECK(channel.receive().problem == "bytes that are no frame");
    }
    SECTION("announced longer than sent") {
        FrameHeader header{.kind = FrameKind::result};
        header.head_size = 10;
        channel.send_raw(&header, sizeof header);
        CHECK(channel.receive().problem == "a frame whose length is wrong");
    }
    SECTION("a file announced, none sent") {
        FrameHeader header{.kind = FrameKind::result, .flags = kHeadIsFile};
        header.head_size = 10;
        channel.send_raw(&header, sizeof header);
        CHECK(channel.receive().status == Received::garbage);
    }
    SECTION("sizes whose sum overflows") {
        FrameHeader header{.kind = FrameKind::result};
        header.head_size = ~std::uint64_t{0};
        header.body_size = 1;
        channel.send_raw(&header, sizeof header);
        CHECK(channel.receive().problem == "a frame larger than the limit");
    }
    SECTION("longer than any frame") {
        const std::string huge(kInlineLimit + 1000, 'x');
        channel.send_raw(huge.data(), huge.size());
        CHECK(channel.receive().problem == "an oversized message");
    }
}

TEST_CASE("a frame above the receiver's limit is garbage, one at the limit is not") {
    const Channel channel;
    const Parcel parcel{Payload(pattern(600)), Payload(pattern(400))};
    REQUIRE(send_frame(channel.near.get(), 0, {.kind = FrameKind::result}, parcel) == 0);
    CHECK(channel.receive(1000).status == Received::frame);
    REQUIRE(send_frame(channel.near.get(), 0, {.kind = FrameKind::result}, parcel) == 0);
    CHECK(channel.receive(999).status == Received::garbage);
}

TEST_CASE("an empty channel, a closed one and extra descriptors are told apart") {
    Channel channel;
    CHECK(channel.receive().status == Received::empty);
    const int pair[2] = {channel.near.get(), channel.near.get()};
    REQUIRE(send_frame(channel.near.get(), 0, {.kind = FrameKind::spawn}, {}, pair) == 0);
    {
        const ReceiveResult received = channel.receive();
        REQUIRE(received.status == Received::frame);
        CHECK(received.frame.descriptors[0]);
        CHECK(received.frame.descriptors[1]);
    }
    channel.near.close();
    CHECK(channel.receive().status == Received::closed);
}
