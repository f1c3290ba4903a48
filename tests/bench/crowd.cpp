// SLOW clients whose heads drip and IDLE ones on one server, and what a good client waits meanwhile.
//
//   crowd PORT PATH SLOW IDLE SECONDS
//   prints: served failed median_ms worst_ms            (kept and new connections in turn)

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
        std::perror("connect");
        std::exit(1);
    }
    return fd;
}

// The answer comes in one piece: it is small.
bool ask(int fd, std::string_view request) {
    std::array<char, 4096> buffer{};
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    return size > 0 && std::string_view(buffer.data(), static_cast<std::size_t>(size))
                           .starts_with("HTTP/1.1 200");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr, "usage: crowd PORT PATH SLOW IDLE SECONDS\n");
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const auto slow_size = static_cast<std::size_t>(std::atoi(argv[3]));
    const auto idle_size = static_cast<std::size_t>(std::atoi(argv[4]));
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < slow_size + idle_size + 16) {
        std::fprintf(stderr, "%zu connections need more descriptors than the limit of %lu\n",
                     slow_size + idle_size, files.rlim_cur);
        return 2;
    }

    const std::string request =
        std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const int kept = connect_to(port);
    std::vector<int> idle;
    std::vector<int> slow;
    for (std::size_t i = 0; i < idle_size; ++i) idle.push_back(connect_to(port));
    for (std::size_t i = 0; i < slow_size; ++i) {
        slow.push_back(connect_to(port));
        ::send(slow.back(), request.data(), request.size() - 2, MSG_NOSIGNAL);
    }

    std::vector<double> waits;
    std::size_t failed = 0;
    std::size_t next = 0;
    const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[5]));
    while (Clock::now() < end) {
        constexpr std::size_t kDrops = 100;  // between two requests of the good client
        for (std::size_t i = 0; i < kDrops && !slow.empty(); ++i, ++next)
            ::send(slow[next % slow.size()], "X", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        const bool anew = waits.size() % 2 == 1;
        const auto began = Clock::now();
        const int fd = anew ? connect_to(port) : kept;
        failed += ask(fd, request) ? 0 : 1;
        if (anew) ::close(fd);
        waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    }
    std::sort(waits.begin(), waits.end());
    std::printf("%zu %zu %.3f %.3f\n", waits.size() - failed, failed, waits[waits.size() / 2],
                waits.back());
    return failed == 0 ? 0 : 1;
}
