#include "bad_jobs.hpp"

#include <troika/observe/log.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/worker_context.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

namespace jobs {
namespace {

using namespace troika::workers::detail;

constexpr int kChannel = 3;
constexpr std::size_t kMegabyte = 1 << 20;

FrameHeader answer() {
    const auto* context = worker_context();
    return {
        .kind = FrameKind::result, .generation = context->generation, .job_id = context->job_id};
}

void send_raw(const void* bytes, std::size_t size) { ::send(kChannel, bytes, size, MSG_NOSIGNAL); }

// A header that claims what is not so, with a file that may not deserve it.
void send_claim(FrameHeader header, int file) {
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
    std::memcpy(CMSG_DATA(rights), &file, sizeof file);
    ::sendmsg(kChannel, &message, MSG_NOSIGNAL);
}

void send_unsealed_file() {
    const int file = ::memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (::ftruncate(file, 100'000) != 0) std::abort();
    FrameHeader header = answer();
    header.flags = kHeadIsFile;
    header.head_size = 100'000;
    send_claim(header, file);
}

void write_into_every_descriptor() {
    const std::string bytes(100, 'g');
    for (int fd = 0; fd < 64; ++fd) {
        if (::write(fd, bytes.data(), bytes.size()) < 0) continue;
    }
}

void send_frame_with(void (*change)(FrameHeader&)) {
    FrameHeader header = answer();
    change(header);
    send_raw(&header, sizeof header);
}

}  // namespace

std::int64_t use_memory(int megabytes) {
    std::vector<char> bytes(static_cast<std::size_t>(megabytes) * kMegabyte, 1);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += kMegabyte) sum += bytes[i];
    return sum;
}

int keep_memory(int megabytes) {
    auto* bytes = new std::vector<char>(static_cast<std::size_t>(megabytes) * kMegabyte, 1);
    const volatile char* const used = bytes->data();  // or the compiler leaves the memory out
    return used[0] * static_cast<int>(bytes->size() / kMegabyte);
}

void use_memory_without_end() {
    std::vector<std::vector<char>> kept;
    while (true) kept.emplace_back(kMegabyte, 1);
}

int open_files(int wanted) {
    std::vector<int> open;
    for (int i = 0; i < wanted; ++i) {
        const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0) break;
        open.push_back(fd);
    }
    for (const int fd : open) ::close(fd);
    return static_cast<int>(open.size());
}

void print(const std::string& out, const std::string& error) {
    std::printf("%s", out.c_str());
    std::fprintf(stderr, "%s", error.c_str());
}

void print_many(int lines) {
    for (int i = 0; i < lines; ++i) std::printf("line %d\n", i);
}

void print_and_abort(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    std::abort();
}

void print_and_wait(const std::string& text, const std::string& release) {
    std::printf("%s", text.c_str());
    std::fflush(stdout);
    while (::access(release.c_str(), F_OK) != 0) ::poll(nullptr, 0, 1);
}

void send_nonsense(int which) {
    switch (static_cast<Nonsense>(which)) {
        case Nonsense::short_frame: send_raw("short", 5); break;
        case Nonsense::wrong_magic: send_frame_with([](FrameHeader& h) { h.magic = 7; }); break;
        case Nonsense::wrong_length:
            send_frame_with([](FrameHeader& h) { h.head_size = 10; });
            break;
        case Nonsense::above_the_cap:
            send_frame_with([](FrameHeader& h) { h.body_size = std::uint64_t{1} << 50; });
            break;
        case Nonsense::other_generation:
            send_frame_with([](FrameHeader& h) { ++h.generation; });
            break;
        case Nonsense::other_job: send_frame_with([](FrameHeader& h) { ++h.job_id; }); break;
        case Nonsense::servers_frame:
            send_frame_with([](FrameHeader& h) { h.kind = FrameKind::run; });
            break;
        case Nonsense::unsealed_file: send_unsealed_file(); break;
        case Nonsense::missing_file:
            send_frame_with([](FrameHeader& h) {
                h.flags = kHeadIsFile;
                h.head_size = 10;
            });
            break;
        case Nonsense::many_descriptors:
            send_frame(kChannel, 0, {.kind = FrameKind::metrics}, {},
                       std::vector<int>{kChannel, kChannel, kChannel, kChannel});
            break;
        case Nonsense::oversized: {
            const std::string huge(kInlineLimit + 4096, 'x');
            send_raw(huge.data(), huge.size());
            break;
        }
        case Nonsense::closes_channel: ::close(kChannel); break;
        case Nonsense::every_descriptor: write_into_every_descriptor(); break;
        case Nonsense::last: return;
    }
    while (true) ::pause();
}

int leave_child() {
    const pid_t child = ::fork();
    while (child == 0) ::pause();
    return child;
}

std::string log_in_child() {
    const pid_t child = ::fork();
    if (child == 0) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) ::_exit(1);
        troika::log::warning("from a child");
        std::array<char, 64> bytes{};
        const bool foreign = ::recv(ends[0], bytes.data(), bytes.size(), MSG_DONTWAIT) > 0 ||
                             ::recv(ends[1], bytes.data(), bytes.size(), MSG_DONTWAIT) > 0;
        ::_exit(foreign ? 2 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "killed";
}

int return_twice() {
    const pid_t child = ::fork();
    if (child == 0) return 2;
    ::waitpid(child, nullptr, 0);
    return 1;
}

int spoil_and_leave(int how) {
    if (how == 0) ::send(kChannel, "garbage", 7, MSG_NOSIGNAL);
    if (how == 1) ::close(kChannel);
    if (how != 2) ::kill(::getpid(), SIGTERM);
    return 7;
}

int answer_twice() {
    const auto bytes = troika::data::encode(1);
    const troika::workers::Parcel first{troika::workers::Payload(bytes), {}};
    send_frame(kChannel, 0, answer(), first);
    return 2;
}

}  // namespace jobs
