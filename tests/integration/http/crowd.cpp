#include "crowd.hpp"

#include "eventually.hpp"
#include "process_tree.hpp"

#include <troika/base/error.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace troika::testing {

std::size_t crowd_size(std::size_t wanted, std::size_t at_once) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    constexpr std::size_t kOthers = 300;
    // Nine tenths are what a service takes for connections.
    const std::size_t possible = (limit.rlim_cur * 9 / 10 - kOthers) / at_once;
    if (possible < wanted)
        WARN("the descriptor limit of " << limit.rlim_cur << " makes it " << possible
                                        << " clients instead of " << wanted);
    return std::min(wanted, possible);
}

Crowd::Crowd(std::uint16_t port, std::size_t size, int window) {
    const sockaddr_in address{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
    for (std::size_t i = 0; i < size; ++i) {
        UniqueFd& socket = sockets_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!socket) throw_errno("make a client socket");
        if (window > 0) ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0)
            throw_errno("connect to the service");
    }
}

std::size_t Crowd::send(std::string_view bytes, std::size_t step) {
    std::size_t whole = 0;
    for (std::size_t i = 0; i < sockets_.size(); i += step) {
        const ssize_t sent =
            ::send(sockets_[i].get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent == static_cast<ssize_t>(bytes.size())) ++whole;
    }
    return whole;
}

bool Crowd::wait_for_one(std::chrono::milliseconds bound) const {
    std::vector<pollfd> all;
    for (const UniqueFd& socket : sockets_) all.push_back({socket.get(), POLLIN, 0});
    return ::poll(all.data(), all.size(), static_cast<int>(bound.count())) > 0;
}

Crowd::Endings Crowd::read_all(std::string_view status) {
    Endings endings;
    std::string piece(64 * 1024, '\0');
    for (const UniqueFd& socket : sockets_) {
        const timeval limit{.tv_sec = kBound.count(), .tv_usec = 0};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        std::string first;
        ssize_t got = 1;
        while (got > 0) {
            got = ::recv(socket.get(), piece.data(), piece.size(), 0);
            if (got > 0 && first.size() < status.size())
                first.append(piece, 0, static_cast<std::size_t>(got));
        }
        if (got < 0 && errno == ECONNRESET)
            ++endings.reset;
        else if (got == 0 && first.empty())
            ++endings.ended;
        else if (got == 0 && first.starts_with(status))
            ++endings.answered;
        else
            ++endings.other;
    }
    return endings;
}

std::size_t Crowd::drain(const std::function<void()>& look) {
    constexpr std::size_t kBetweenLooks = std::size_t{64} << 20U;
    std::string piece(std::size_t{1} << 20U, '\0');
    std::size_t bytes = 0;
    std::size_t looked = 0;
    while (true) {
        const ssize_t got = ::recv(sockets_.front().get(), piece.data(), piece.size(), 0);
        if (got <= 0) return bytes;
        bytes += static_cast<std::size_t>(got);
        if (bytes < looked + kBetweenLooks) continue;
        looked = bytes;
        look();
    }
}

bool Crowd::pour(std::string_view bytes, std::chrono::milliseconds bound) {
    const auto limit = std::chrono::steady_clock::now() + bound;
    std::vector<pollfd> all;
    for (const UniqueFd& socket : sockets_) all.push_back({socket.get(), POLLOUT | POLLIN, 0});
    while (!all.empty()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        ::poll(all.data(), all.size(), 10);
        std::erase_if(all, [&](const pollfd& one) {
            if ((one.revents & (POLLIN | POLLHUP | POLLERR)) != 0) return true;  // it had enough
            if ((one.revents & POLLOUT) == 0) return false;
            const ssize_t sent =
                ::send(one.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            return sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
        });
    }
    return true;
}

void Crowd::reset() {
    for (UniqueFd& socket : sockets_) {
        const ::linger at_once{1, 0};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        socket.close();
    }
    sockets_.clear();
}

Usage usage_of(pid_t pid) {
    Usage usage;
    usage.descriptors = descriptor_count(pid);
    const std::string root = "/proc/" + std::to_string(pid);
    std::size_t pages = 0;
    std::ifstream(root + "/statm") >> pages >> pages;
    usage.resident = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (const auto& task : std::filesystem::directory_iterator(root + "/task")) {
        long long nanoseconds = 0;
        std::ifstream(task.path() / "schedstat") >> nanoseconds;
        usage.processor += std::chrono::nanoseconds(nanoseconds);
    }
    return usage;
}

}  // namespace troika::testing
