#include <troika/app/detail/healthcheck.hpp>
#include <troika/base/unique_fd.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace troika::detail {

namespace {

UniqueFd connect_to(const std::string& address, std::uint16_t port) {
    sockaddr_storage storage{};
    socklen_t length = 0;
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        length = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) v6->sin6_addr = in6addr_loopback;
        length = sizeof(sockaddr_in6);
    }
    UniqueFd socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    const timeval limit{.tv_sec = 3, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return {};
    return socket;
}

}  // namespace

HealthcheckResult check_health(const std::string& address, std::uint16_t port) {
    const std::string where = address + " port " + std::to_string(port);
    const UniqueFd socket = connect_to(address, port);
    if (!socket) return {false, "no answer from " + where + ": " + std::strerror(errno)};
    constexpr std::string_view kRequest =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (::send(socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(kRequest.size()))
        return {false, "cannot ask " + where + ": " + std::strerror(errno)};
    std::string answer;
    std::array<char, 1024> buffer{};
    for (ssize_t n = 0; (n = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(n));
    const std::string line = answer.substr(0, answer.find('\r'));
    if (line.starts_with("HTTP/1.1 200")) return {true, where + " is ready"};
    const std::size_t body = answer.find("\r\n\r\n");
    return {false, where + " is not ready: " + line +
                       (body == std::string::npos ? "" : " " + answer.substr(body + 4))};
}

}  // namespace troika::detail
