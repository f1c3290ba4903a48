#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/detail/huge_pages.hpp>
#include <troika/workers/detail/run_job.hpp>
#include <troika/workers/detail/worker_main.hpp>
#include <troika/workers/detail/zygote_main.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

namespace troika::workers::detail {
namespace {

// Like fork(), but the child's parent is the server. No at-fork handlers run: there are no other
// threads whose locks they could restore.
pid_t fork_sibling() noexcept {
    return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
}

class ZygoteProcess final {
  public:
    ZygoteProcess(UniqueFd socket, pid_t server) : socket_(std::move(socket)) {
        context_.server = server;
        set_worker_context(&context_);
    }

    [[noreturn]] void serve() {
        set_signals();
        say_hello();
        bool named = false;
        while (true) {
            ReceiveResult received = receive_frame(socket_.get(), 0, kLargestFromServer, *buffer_);
            if (received.status == Received::interrupted) continue;
            if (received.status == Received::closed) ::_exit(kExitClean);
            if (received.status == Received::no_room) continue;
            if (received.status != Received::frame) ::_exit(kExitBadFrame);
            if (!std::exchange(named, true)) ::prctl(PR_SET_NAME, "troika-zygote");
            handle(std::move(received.frame));
        }
    }

  private:
    // A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group; the zygote obeys
    // the server alone: it ends with its socket.
    static void set_signals() noexcept {
        reset_signals();
        for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2})
            ::signal(signal, SIG_IGN);
        unblock_signals();
    }

    void say_hello() const noexcept {
        const FrameHeader hello{.kind = FrameKind::hello,
                                .number = static_cast<std::uint32_t>(::getpid())};
        send_frame(socket_.get(), 0, hello);
    }

    void handle(Frame frame) {
        switch (frame.header.kind) {
            case FrameKind::spawn: return spawn(std::move(frame));
            case FrameKind::fork_zygote: return fork_zygote(std::move(frame.descriptors[0]));
            case FrameKind::preload: return preload(std::move(frame));
            default: ::_exit(kExitBadFrame);
        }
    }

    void spawn(Frame frame) {
        UniqueFd channel = std::move(frame.descriptors[0]);
        block_signals();  // until the worker has its SIGTERM handler
        const pid_t pid = fork_sibling();
        if (pid == 0) {
            use_output(frame.descriptors[2], frame.descriptors[3]);
            worker_main(context_, std::move(channel), std::move(frame.descriptors[1]),
                        frame.header.generation);
        }
        const int error = errno;
        unblock_signals();
        const FrameHeader report{.kind = pid > 0 ? FrameKind::born : FrameKind::spawn_failed,
                                 .generation = frame.header.generation,
                                 .number = static_cast<std::uint32_t>(pid > 0 ? pid : error)};
        send_frame(channel.get(), MSG_DONTWAIT, report);
    }

    static void use_output(const UniqueFd& out, const UniqueFd& error) noexcept {
        if (!out || !error) return;
        ::dup2(out.get(), STDOUT_FILENO);
        ::dup2(error.get(), STDERR_FILENO);
        // What a job prints must not wait in a buffer for an exit() that never comes.
        std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    }

    void fork_zygote(UniqueFd socket) {
        const pid_t pid = fork_sibling();
        if (pid == 0) {
            socket_ = std::move(socket);
            die_with_server(context_.server);
            ::prctl(PR_SET_NAME, "troika-standby");
            serve();
        }
    }

    void preload(Frame frame) {
        const JobAnswer ended =
            run_job(reinterpret_cast<Trampoline>(frame.header.trampoline),
                    reinterpret_cast<Function>(frame.header.function), std::move(frame.parcel), 0);
        Parcel reply;
        FrameHeader header{.kind = FrameKind::result};
        if (ended.error) {
            header.kind = FrameKind::error;
            reply.head = Payload(encode_error(*ended.error));
        } else {
            fold_into_huge_pages();
        }
        if (send_frame(socket_.get(), 0, header, reply) != 0) ::_exit(kExitChannelLost);
    }

    WorkerContext context_;
    UniqueFd socket_;
    std::unique_ptr<FrameBuffer> buffer_ = std::make_unique<FrameBuffer>();
};

void use_null_stdin() noexcept {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null > 0) ::dup2(null, STDIN_FILENO);
}

}  // namespace

void zygote_main(UniqueFd socket, pid_t server) noexcept {
    constexpr int kSocket = 3;
    die_with_server(server);
    use_null_stdin();
    if (socket.get() != kSocket) {
        ::dup3(socket.get(), kSocket, O_CLOEXEC);
        socket.reset(kSocket);
    }
    ::close_range(kSocket + 1, ~0U, 0);
    ::prctl(PR_SET_NAME, "troika-zygote");
    // Never destroyed: a zygote leaves by _exit.
    auto* process = new ZygoteProcess(std::move(socket), server);
    process->serve();
}

}  // namespace troika::workers::detail
