#include <troika/base/error.hpp>
#include <troika/http/server/detail/acceptor.hpp>
#include <troika/http/server/detail/connection.hpp>

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace troika::http::detail {

namespace {

constexpr int kAtOnce = 64;
constexpr auto kPause = std::chrono::milliseconds(100);
constexpr auto kBetweenReports = std::chrono::seconds(5);
constexpr std::string_view kNoRoom =
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: "
    "0\r\n\r\n";

void turn_away(int socket) noexcept {
    ::send(socket, kNoRoom.data(), kNoRoom.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket, SHUT_WR);
}

UniqueFd open_reserve() noexcept { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Acceptor::Acceptor(ServerCore& core, UniqueFd listener)
    : core_(core), listener_(std::move(listener)), reserve_(open_reserve()), watching_(true) {
    core_.poller.add(listener_.get(), EPOLLIN, *this);
}

Acceptor::~Acceptor() { pause(); }

void Acceptor::pause() noexcept {
    if (std::exchange(watching_, false)) core_.poller.remove(listener_.get(), *this);
}

void Acceptor::go_on() noexcept {
    if (watching_ || !listener_) return;
    try {
        core_.poller.add(listener_.get(), EPOLLIN, *this);
        watching_ = true;
    } catch (const IoError& error) {
        core_.observer.on_trouble(error.what());
        core_.loop.wheel().set(*this, kPause);
    }
}

void Acceptor::on_ready(std::uint32_t) noexcept {
    if (refused_ > 0) report_refused();
    for (int i = 0; i < kAtOnce; ++i) {
        if (core_.open() >= core_.max_connections) {
            if (i == 0) make_room();  // else it is not known that anybody waits
            return;
        }
        switch (accept_one()) {
            case Outcome::accepted: break;
            case Outcome::none: return;
            case Outcome::no_descriptors:
                shed();
                report_refused();
                pause();
                out_of_descriptors_ = true;
                core_.loop.wheel().set(*this, kPause);
                return;
        }
    }
}

void Acceptor::on_due() noexcept {
    out_of_descriptors_ = false;
    go_on();
}

// What is closed goes in turn, and on_room() is called for it.
void Acceptor::make_room() noexcept {
    pause();
    displaced_ += core_.close_idle(waiting());
    report_full();
    core_.loop.wheel().set(*this, kPause);
}

// In the backlog; at least the one that was told of.
std::size_t Acceptor::waiting() const noexcept {
    tcp_info info{};
    socklen_t length = sizeof info;
    const bool known = ::getsockopt(listener_.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0;
    return known && info.tcpi_unacked > 1 ? info.tcpi_unacked : 1;
}

void Acceptor::report_full() noexcept {
    const Clock::TimePoint now = core_.loop.now();
    if (now < next_report_of_full_) return;
    next_report_of_full_ = now + kBetweenReports;
    const std::size_t closed = std::exchange(displaced_, 0);
    core_.observer.on_trouble(
        "max_connections is reached: all " + std::to_string(core_.max_connections) +
        " are open while clients wait; idle ones closed since the last report: " +
        std::to_string(closed));
}

void Acceptor::on_room() noexcept {
    if (!out_of_descriptors_ && core_.open() < core_.max_connections) go_on();
}

Acceptor::Outcome Acceptor::accept_one() noexcept {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    UniqueFd socket(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        // A client that has gone meanwhile is an error of accept(), not of ours (accept(2), NOTES).
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return Outcome::no_descriptors;
        return errno == EAGAIN || errno == EWOULDBLOCK ? Outcome::none : Outcome::accepted;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const Peer peer(reinterpret_cast<const sockaddr&>(address));
    const std::size_t most = core_.options.connections_per_address;
    if (most > 0 && !core_.addresses.enter(peer, most)) {
        core_.observer.on_limit(Limit::connections_per_address);
        turn_away(socket.get());
        return Outcome::accepted;
    }
    core_.opened();
    core_.connections.spawn("connection", Connection::serve(core_, std::move(socket), peer));
    return Outcome::accepted;
}

// The first at once, the others as a sum: a log that fills the disk helps nobody.
void Acceptor::report_refused() noexcept {
    const Clock::TimePoint now = core_.loop.now();
    if (refused_ == 0 || now < next_report_) return;
    next_report_ = now + kBetweenReports;
    const std::size_t refused = std::exchange(refused_, 0);
    if (refused == 1) {
        core_.observer.on_trouble("no file descriptors left: a connection was refused");
    } else {
        core_.observer.on_trouble("no file descriptors left: " + std::to_string(refused) +
                                  " connections were refused since the last report");
    }
}

// accept() fails for lack of descriptors also when nobody waits.
void Acceptor::shed() noexcept {
    reserve_.close();
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
        ++refused_;
        core_.observer.on_limit(Limit::descriptors);
        turn_away(socket.get());
    }
    socket.close();  // first: it has the place of the reserve
    reserve_ = open_reserve();
}

// A connection that came between the last accept() and close() would be reset. So the kernel drops SYNs
// from here on: such a client tries again a second later and is refused, which it can tell from a reset.
void Acceptor::refuse_handshakes() noexcept {
    int domain = 0;
    socklen_t length = sizeof domain;
    ::getsockopt(listener_.get(), SOL_SOCKET, SO_DOMAIN, &domain, &length);
    if (domain == AF_UNIX) return;          // knows no SYN
    constexpr std::uint32_t kFlagsAt = 13;  // in the TCP header (RFC 9293 3.1)
    constexpr std::uint32_t kSyn = 0x02;
    constexpr std::uint32_t kWhole = 0xffffffff;
    std::array<sock_filter, 4> drop_syn{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),
                                         BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
                                         BPF_STMT(BPF_RET | BPF_K, 0),
                                         BPF_STMT(BPF_RET | BPF_K, kWhole)}};
    const sock_fprog program{drop_syn.size(), drop_syn.data()};
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void Acceptor::finish() noexcept {
    if (!listener_) return;
    refuse_handshakes();
    while (accept_one() == Outcome::accepted) {
    }
    core_.loop.wheel().cancel(*this);
    pause();
    listener_.close();
}

}  // namespace troika::http::detail
