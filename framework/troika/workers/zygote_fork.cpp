#include <troika/base/error.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/worker_main.hpp>
#include <troika/workers/detail/zygote_main.hpp>
#include <troika/workers/remote_error.hpp>
#include <troika/workers/zygote.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <utility>

// How zygotes come to be, and what they build before the first worker.
namespace troika::workers {
namespace {

using detail::FrameKind;
using detail::Received;

constexpr std::size_t kLargestReply = 1024 * 1024;

std::pair<UniqueFd, UniqueFd> make_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        throw_errno("create a channel to a zygote");
    }
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Empty when this process has no descriptor left: then the next look tries again.
UniqueFd try_open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

Zygote::Member Zygote::fork_first() {
    auto [server_end, zygote_end] = make_channel();
    const pid_t server = ::getpid();
    sigset_t before;
    ::sigprocmask(SIG_SETMASK, nullptr, &before);
    detail::block_signals();
    const pid_t pid = ::fork();
    if (pid == 0) detail::zygote_main(std::move(zygote_end), server);
    const int error = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    if (pid < 0) throw_errno("fork the zygote");
    Member member{std::move(server_end), try_open_pidfd(pid), pid};
    if (!member.pidfd) throw_errno("watch the zygote");
    zygote_end.close();
    if (!learn_pid(member, 0)) throw Error("the zygote ended right after it was forked");
    return member;
}

Zygote::Member Zygote::fork_from(const Member& parent) {
    auto [server_end, zygote_end] = make_channel();
    const int end = zygote_end.get();
    const int error = detail::send_frame(parent.socket.get(), MSG_DONTWAIT,
                                         {.kind = FrameKind::fork_zygote}, {}, std::span(&end, 1));
    if (error != 0) throw Error(std::string("ask the zygote for a standby: ") + ::strerror(error));
    return {std::move(server_end), {}, -1};
}

// Reads the hello of a new zygote. False: it is not there (yet); then `socket` tells which: closed
// when it never will be.
bool Zygote::learn_pid(Member& member, int flags) {
    if (member.pidfd && member.greeted) return true;
    if (member.greeted) {
        member.pidfd = try_open_pidfd(member.pid);
        return true;
    }
    const auto buffer = std::make_unique<detail::FrameBuffer>();
    detail::ReceiveResult received;
    do {
        received = detail::receive_frame(member.socket.get(), flags, kLargestReply, *buffer);
        if (received.status != Received::empty) continue;
        if ((flags & MSG_DONTWAIT) != 0) return false;
        // Who watches a copy of the descriptor has made both non-blocking.
        pollfd hello{member.socket.get(), POLLIN, 0};
        ::poll(&hello, 1, -1);
    } while (received.status == Received::interrupted || received.status == Received::empty);
    const bool hello =
        received.status == Received::frame && received.frame.header.kind == FrameKind::hello;
    if (!hello) {
        member.socket.close();
        return false;
    }
    member.greeted = true;
    member.pid = static_cast<pid_t>(received.frame.header.number);
    if (!member.pidfd) member.pidfd = try_open_pidfd(member.pid);
    return true;
}

void Zygote::preload_into(const Member& member, const std::vector<WorkerHook>& preloads) {
    const auto buffer = std::make_unique<detail::FrameBuffer>();
    for (const WorkerHook& hook : preloads) {
        Parcel arguments{Payload(hook.arguments), {}};
        detail::fit_inline(arguments);
        const detail::FrameHeader header{
            .kind = FrameKind::preload,
            .trampoline = reinterpret_cast<std::uint64_t>(hook.job.run),
            .function = reinterpret_cast<std::uint64_t>(hook.job.function)};
        detail::ReceiveResult reply;
        if (detail::send_frame(member.socket.get(), 0, header, arguments) == 0) {
            reply = detail::receive_frame(member.socket.get(), 0, kLargestReply, *buffer);
        }
        if (reply.status != Received::frame) {
            throw Error("the zygote died while it preloaded " + std::string(hook.job.name));
        }
        if (reply.frame.header.kind == FrameKind::error) {
            rethrow_remote(hook.job.name, decode_error(reply.frame.parcel.head.bytes()));
        }
    }
}

}  // namespace troika::workers
