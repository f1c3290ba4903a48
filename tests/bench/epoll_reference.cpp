// The limit: one epoll loop that knows one reply. It counts blank lines, so keep-alive and
// pipelining work; it parses nothing. Every server figure is printed as a ratio to this one.
//
//   epoll_reference [PORT]        0 or none: a free port; the address is printed once listening

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nServer: reference\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    "Hello, World!";
constexpr std::string_view kBlankLine = "\r\n\r\n";

volatile std::sig_atomic_t g_stop = 0;

[[noreturn]] void fail(const char* doing) {
    std::perror(doing);
    std::exit(1);
}

int listen_on(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) < 0) fail("bind");
    if (::listen(fd, 4096) < 0) fail("listen");
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

void accept_all(int epoll, int listener) {
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, fd);
    }
}

// How far each connection has come in the current blank line: all its state, by descriptor.
class Progress {
  public:
    unsigned char& of(int fd) {
        const auto index = static_cast<std::size_t>(fd);
        if (index >= matched_.size()) matched_.resize(index + 1);
        return matched_[index];
    }

  private:
    std::vector<unsigned char> matched_;
};

std::size_t count_requests(std::string_view bytes, unsigned char& matched) {
    std::size_t requests = 0;
    while (!bytes.empty()) {
        const void* found = matched == 0 ? ::memmem(bytes.data(), bytes.size(), kBlankLine.data(),
                                                    kBlankLine.size())
                                         : nullptr;
        if (found != nullptr) {
            const auto* end = static_cast<const char*>(found) + kBlankLine.size();
            bytes.remove_prefix(static_cast<std::size_t>(end - bytes.data()));
            ++requests;
            continue;
        }
        // No whole blank line ahead, or one already begun: the beginning or end of a split one.
        if (matched == 0 && bytes.size() >= kBlankLine.size()) {
            bytes.remove_prefix(bytes.size() - kBlankLine.size() + 1);
        }
        const char byte = bytes.front();
        bytes.remove_prefix(1);
        if (byte == kBlankLine[matched]) {
            if (++matched == kBlankLine.size()) ++requests, matched = 0;
        } else {
            matched = byte == '\r' ? 1 : 0;
        }
    }
    return requests;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd wait{fd, POLLOUT, 0};
            ::poll(&wait, 1, 1000);
        } else {
            return false;
        }
    }
    return true;
}

bool serve(int fd, unsigned char& matched, std::string& output) {
    static std::array<char, 65536> buffer;
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EAGAIN) return true;
    if (size <= 0) return false;
    const auto requests = count_requests({buffer.data(), static_cast<std::size_t>(size)}, matched);
    if (requests == 0) return true;
    if (requests == 1) return write_all(fd, kReply);
    output.clear();
    for (std::size_t i = 0; i < requests; ++i) output += kReply;
    return write_all(fd, output);
}

}  // namespace

int main(int argc, char** argv) {
    struct sigaction action{};
    action.sa_handler = [](int) { g_stop = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    const int listener = listen_on(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    Progress progress;
    std::string output;
    std::array<epoll_event, 256> events{};
    while (g_stop == 0) {
        const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener) {
                accept_all(epoll, listener);
            } else if (!serve(fd, progress.of(fd), output)) {
                progress.of(fd) = 0;
                ::close(fd);
            }
        }
    }
}
