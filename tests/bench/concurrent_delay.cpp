// Opens COUNT connections, then sends one request on each, and reports when the answers came.
//
//   concurrent_delay PORT PATH COUNT
//   prints: connected_s sent_s first_answer_s last_answer_s answered failed     (seconds since the start)

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        std::perror("connect");
        std::exit(1);
    }
    return fd;
}

struct Tally {
    double first = 0;
    double last = 0;
    int answered = 0;
    int failed = 0;
};

// One answer is one readable event whose bytes begin with a 200 status line.
Tally collect(int epoll, int count, Clock::time_point start) {
    Tally tally;
    std::array<epoll_event, 512> events{};
    std::array<char, 4096> buffer{};
    constexpr int kSilenceMs = 30000;
    while (tally.answered + tally.failed < count) {
        const int ready =
            ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), kSilenceMs);
        if (ready == 0) break;
        for (int i = 0; i < ready; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            const ssize_t size = ::read(fd, buffer.data(), buffer.size());
            const std::string head(buffer.data(),
                                   static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
            if (head.starts_with("HTTP/1.1 200")) {
                tally.last = seconds_since(start);
                if (tally.answered++ == 0) tally.first = tally.last;
            } else {
                if (tally.failed++ == 0)
                    std::fprintf(stderr, "first failure: %.200s\n", head.c_str());
            }
            ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
        }
    }
    tally.failed = count - tally.answered;
    return tally;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: concurrent_delay PORT PATH COUNT\n");
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const int count = std::atoi(argv[3]);
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < static_cast<rlim_t>(count) + 16) {
        std::fprintf(stderr, "%d connections need more descriptors than the limit of %lu\n", count,
                     files.rlim_cur);
        return 2;
    }

    const auto start = Clock::now();
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = sockets.emplace_back(connect_to(port));
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    const double connected = seconds_since(start);
    const std::string request =
        std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const int fd : sockets) {
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) std::perror("send");
    }
    const double sent = seconds_since(start);
    const Tally tally = collect(epoll, count, start);
    std::printf("%.3f %.3f %.3f %.3f %d %d\n", connected, sent, tally.first, tally.last,
                tally.answered, tally.failed);
    return tally.failed == 0 ? 0 : 1;
}
