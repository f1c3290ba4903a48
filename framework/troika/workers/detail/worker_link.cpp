#include <troika/workers/detail/worker_link.hpp>

#include <troika/base/error.hpp>
#include <troika/base/is_readable.hpp>
#include <troika/workers/detail/exit_code.hpp>
#include <troika/workers/remote_error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace troika::workers::detail {
namespace {

constexpr auto kExitAfterEndOfChannel = std::chrono::milliseconds(100);
constexpr int kMostLooks = 100;
constexpr int kFramesPerTurn = 64;
// More than a socket's buffer holds (208 KB, some 280 of the smallest): whatever was sent before one
// began to read. A worker that goes on sending does not keep the loop.
constexpr int kFramesPerDrain = 512;

// What stands in for a result whose descriptors this process had no room for.
Frame lost_result(FrameHeader header) {
    header.kind = FrameKind::error;
    const ErrorData error{.type = "troika::IoError",
                          .text = "the result could not be received: no file descriptors left"};
    Frame frame{header, {}, {}};
    frame.parcel.head = Payload(encode_error(error));
    return frame;
}

}  // namespace

WorkerLink::WorkerLink(EventLoop& loop, Events& events, FrameBuffer& buffer, const Terms& terms)
    : loop_(loop),
      events_(events),
      buffer_(buffer),
      terms_(terms),
      channel_(loop.io()),
      process_(loop.io()),
      out_(std::make_shared<WorkerOutput>(loop, events, Stream::out)),
      error_(std::make_shared<WorkerOutput>(loop, events, Stream::error)) {}

WorkerLink::~WorkerLink() {
    if (gone_) return;
    out_->close();
    error_->close();
}

std::optional<std::string> WorkerLink::start(Zygote& zygote, const std::vector<WorkerHook>& hooks,
                                             std::string_view settings) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        return std::string("create a channel to a worker: ") + std::strerror(errno);
    }
    channel_.assign(ends[0]);
    const UniqueFd workers_end(ends[1]);
    // Only ours is non-blocking: the worker waits in recvmsg.
    ::fcntl(workers_end.get(), F_SETFL, ::fcntl(workers_end.get(), F_GETFL) & ~O_NONBLOCK);
    auto [page, page_file] = SharedPage::create();
    page_ = std::move(page);

    int error = 0;
    const auto prepare = [&](FrameHeader header, Parcel parcel) {
        fit_inline(parcel);
        if (error == 0) error = send(header, parcel);
    };
    // Before the hooks, which may ask for settings.
    if (!settings.empty())
        prepare({.kind = FrameKind::settings}, {Payload(std::string(settings)), {}});
    for (const WorkerHook& hook : hooks) {
        prepare({.kind = FrameKind::start_hook,
                 .trampoline = reinterpret_cast<std::uint64_t>(hook.job.run),
                 .function = reinterpret_cast<std::uint64_t>(hook.job.function)},
                {Payload(hook.arguments), {}});
    }
    prepare({.kind = FrameKind::begin,
             .number = terms_.reports_memory ? 1U : 0U,
             .job_id = terms_.max_result,
             .deadline = terms_.spin.count()},
            {});
    if (error != 0) return std::string("prepare a worker: ") + std::strerror(error);
    const UniqueFd out = out_->open();
    const UniqueFd err = error_->open();
    auto problem =
        zygote.spawn({workers_end.get(), page_file.get(), out.get(), err.get()}, terms_.generation);
    if (problem) {
        out_->close();
        error_->close();
    } else {
        wait_for_frames();
    }
    return problem;
}

int WorkerLink::send(FrameHeader header, const Parcel& parcel) noexcept {
    header.generation = terms_.generation;
    // Only jobs, one at a time: whatever else was sent before is in the socket, and read first.
    if (header.kind == FrameKind::run && page_->to_worker.deliver(header, parcel)) return 0;
    const int error = send_frame(channel_.native_handle(), MSG_DONTWAIT, header, parcel);
    if (error == 0) page_->sent.fetch_add(1, std::memory_order_release);
    return error;
}

void WorkerLink::close_gently() noexcept {
    closing_ = true;
    // Our reading half stays open, so that a worker being born can still tell its pid.
    if (channel_open_) ::shutdown(channel_.native_handle(), SHUT_WR);
    if (page_) page_->sent.fetch_add(1, std::memory_order_release);  // it may be looking
}

void WorkerLink::kill(std::string reason) noexcept {
    closing_ = true;
    if (killed_because_.empty()) killed_because_ = std::move(reason);
    if (process_.is_open()) {
        ::syscall(SYS_pidfd_send_signal, process_.native_handle(), SIGKILL, nullptr, 0);
    }  // else as soon as its pid is known
}

void WorkerLink::wait_for_frames() {
    channel_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](boost::system::error_code ec) {
                            if (!ec && self->channel_open_) self->read_frames();
                        });
}

void WorkerLink::wait_for_end() {
    process_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](boost::system::error_code ec) {
                            if (ec || self->gone_) return;
                            if (!is_readable(self->process_.native_handle()))
                                return self->wait_for_end();
                            self->process_ended();
                        });
}

std::size_t WorkerLink::largest_frame() const noexcept {
    return std::max(terms_.max_result, kLargestWord) + 4096;
}

void WorkerLink::read_frames() {
    for (int i = 0; i < kFramesPerTurn; ++i) {
        ReceiveResult received =
            receive_frame(channel_.native_handle(), MSG_DONTWAIT, largest_frame(), buffer_);
        const bool last =
            received.status == Received::frame && received.frame.header.kind == FrameKind::result;
        if (received.status == Received::empty) break;
        if (!take(std::move(received))) return;
        if (last) break;  // nothing follows a result until the next job
    }
    if (channel_open_) wait_for_frames();
}

void WorkerLink::drain() {
    for (int i = 0; i < kFramesPerDrain && channel_open_; ++i) {
        ReceiveResult received =
            receive_frame(channel_.native_handle(), MSG_DONTWAIT, largest_frame(), buffer_);
        if (received.status == Received::empty || !take(std::move(received))) return;
    }
}

// In the channel or its output.
bool WorkerLink::said_something() noexcept {
    std::array<pollfd, 3> places{{{channel_open_ ? channel_.native_handle() : -1, POLLIN, 0},
                                  {out_->fd(), POLLIN, 0},
                                  {error_->fd(), POLLIN, 0}}};
    return ::poll(places.data(), places.size(), 0) != 0;
}

// Mail is faster than the socket, yet what the job logged, printed, or wrote where it should not is
// older than its answer, and comes first.
void WorkerLink::take_mail() {
    if (said_something()) {
        drain();
        read_output(true);
    }
    if (channel_open_) {
        open_mail();
    } else {
        late_mail_ = true;  // a closed channel is no end of its own: see process_ended()
    }
}

void WorkerLink::open_mail() {
    ReceiveResult received = page_->to_server.take(largest_frame());
    received.frame.header.flags |= kMailed;
    take(std::move(received));
}

void WorkerLink::kill_for_nonsense(std::string reason) noexcept {
    sent_nonsense_ = true;
    kill(std::move(reason));
    channel_ended();
}

// False: there is nothing more to read.
bool WorkerLink::take(ReceiveResult received) {
    Frame& frame = received.frame;
    switch (received.status) {
        case Received::interrupted:
        case Received::empty: return true;
        case Received::closed: channel_ended(); return false;
        case Received::garbage:
            kill_for_nonsense("it sent " + received.problem + " and was killed");
            return false;
        case Received::no_room: lost(frame.header); return channel_open_;
        case Received::frame: break;
    }
    if (frame.header.generation != terms_.generation) {
        kill_for_nonsense("it sent a frame of another worker and was killed");
        return false;
    }
    switch (frame.header.kind) {
        case FrameKind::born:
        case FrameKind::hello: learn_pid(frame.header.number); break;
        case FrameKind::spawn_failed:
            report_.reason =
                std::string("fork: ") + std::strerror(static_cast<int>(frame.header.number));
            break;
        case FrameKind::result:
        case FrameKind::error:
            read_output((frame.header.flags & kPrinted) != 0);
            events_.on_frame(std::move(frame));
            break;
        case FrameKind::ready:
        case FrameKind::start_failed:
        case FrameKind::log:
        case FrameKind::metrics: events_.on_frame(std::move(frame)); break;
        default: kill_for_nonsense("it sent a frame no worker sends and was killed");
    }
    return channel_open_;
}

// Without its descriptors: an answer becomes an error, what comes beside answers is dropped.
void WorkerLink::lost(const FrameHeader& header) {
    const bool answer = header.kind == FrameKind::result || header.kind == FrameKind::error;
    if (answer && header.generation == terms_.generation) events_.on_frame(lost_result(header));
}

// What a job printed bears its name, so it comes before the answer.
void WorkerLink::read_output(bool is_more) {
    for (WorkerOutput* output : {out_.get(), error_.get()}) {
        if (is_more) output->drain();
        output->end_line();
    }
}

void WorkerLink::learn_pid(std::uint32_t pid) {
    if (report_.pid >= 0) return;
    report_.pid = static_cast<pid_t>(pid);
    watch();
}

void WorkerLink::watch() {
    // It is our child and not yet reaped, so the number cannot belong to anybody else.
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, report_.pid, 0));
    if (fd < 0) {  // no descriptor left: try again soon
        loop_.timers().add(*this, loop_.now() + kExitAfterEndOfChannel);
        return;
    }
    process_.assign(fd);
    if (!killed_because_.empty()) kill({});
    wait_for_end();
}

void WorkerLink::channel_ended() noexcept {
    closing_ = true;
    channel_open_ = false;
    boost::system::error_code ignored;  // closing cannot fail in a way that matters
    channel_.close(ignored);
    if (report_.pid >= 0) {
        loop_.timers().add(*this, loop_.now() + kExitAfterEndOfChannel);
    } else {
        loop_.post([self = shared_from_this()] { self->gone(); });
    }
}

void WorkerLink::on_due() noexcept {
    if (!process_.is_open()) {
        watch();
        if (!process_.is_open() || channel_open_) return;
    }
    if (channel_open_) return;
    // Whoever ends closes its channel too, and has a reason of its own; the memory is freed meanwhile.
    const bool ends = is_ending(report_.pid) && ++looks_at_its_end_ < kMostLooks;
    if (ends) return loop_.timers().add(*this, loop_.now() + kExitAfterEndOfChannel);
    kill("it closed its channel and was killed");
}

void WorkerLink::process_ended() {
    closing_ = true;
    drain();
    // What its jobs forked and left in its group goes with it; until it is reaped the number is its.
    ::kill(-report_.pid, SIGKILL);
    if (!reap(process_.native_handle(), killed_because_, report_)) return wait_for_end();
    // Who is killed after an answer has given it; who had closed its channel ends as one who cannot answer.
    const bool has_answered = page_->to_server.look_away() || late_mail_;
    if (has_answered && !sent_nonsense_ && !report_.killed_by_us &&
        report_.exit_code != kExitChannelLost) {
        read_output(true);
        open_mail();
    }
    gone();
}

void WorkerLink::gone() {
    if (std::exchange(gone_, true)) return;
    loop_.timers().cancel(*this);
    channel_open_ = false;
    boost::system::error_code ignored;  // closing cannot fail in a way that matters
    channel_.close(ignored);
    process_.close(ignored);
    out_->close();
    error_->close();
    if (report_.reason.empty()) report_.reason = "it was never born";
    events_.on_gone(report_);
}

}  // namespace troika::workers::detail
