#include <troika/app/detail/healthcheck.hpp>
#include <troika/base/unique_fd.hpp>
#include <troika/http/server/listen.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string_view>

namespace troika::detail {

namespace {

using Steady = std::chrono::steady_clock;

void limit_waits(int socket, std::chrono::microseconds limit) {
    limit = std::max(limit, std::chrono::microseconds(1));  // 0 would mean for ever
    const timeval wait{.tv_sec = limit.count() / 1'000'000, .tv_usec = limit.count() % 1'000'000};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

// Empty for what is no address of any kind.
socklen_t resolve(const std::string& address, std::uint16_t port, sockaddr_storage& storage) {
    if (http::ListenOptions::is_path(address)) {
        auto* const local = reinterpret_cast<sockaddr_un*>(&storage);
        const std::string path =
            http::ListenOptions::from_text(address).value_or(http::ListenOptions{}).path;
        if (path.empty() || path.size() >= sizeof local->sun_path) return 0;
        local->sun_family = AF_UNIX;
        std::copy(path.begin(), path.end(), local->sun_path);
        return sizeof(sockaddr_un);
    }
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        if (v4->sin_addr.s_addr == htonl(INADDR_ANY)) v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(sockaddr_in);
    }
    if (::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr)) v6->sin6_addr = in6addr_loopback;
        return sizeof(sockaddr_in6);
    }
    return 0;
}

UniqueFd connect_to(const std::string& address, std::uint16_t port,
                    std::chrono::milliseconds limit) {
    sockaddr_storage storage{};
    const socklen_t length = resolve(address, port, storage);
    UniqueFd socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    limit_waits(socket.get(), limit);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return {};
    return socket;
}

std::string in_seconds(std::chrono::milliseconds limit) {
    std::ostringstream text;
    text << std::chrono::duration<double>(limit).count() << " s";
    return text.str();
}

// What came until the other side's end, the limit or a screenful.
std::string receive(int socket, Steady::time_point end) {
    std::string answer(4096, '\0');
    std::size_t size = 0;
    for (ssize_t n = 1; n > 0 && size < answer.size() && Steady::now() < end;) {
        limit_waits(socket,
                    std::chrono::duration_cast<std::chrono::microseconds>(end - Steady::now()));
        n = ::recv(socket, answer.data() + size, answer.size() - size, 0);
        if (n > 0) size += static_cast<std::size_t>(n);
    }
    answer.resize(size);
    return answer;
}

}  // namespace

HealthcheckResult check_health(const std::string& address, std::uint16_t port,
                               std::chrono::milliseconds limit) {
    const bool has_port = !http::ListenOptions::is_path(address);
    const std::string where = address + (has_port ? " port " + std::to_string(port) : "");
    const Steady::time_point end = Steady::now() + limit;
    const UniqueFd socket = connect_to(address, port, limit);
    if (!socket) return {false, "no answer from " + where + ": " + std::strerror(errno)};
    constexpr std::string_view kRequest =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (::send(socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(kRequest.size()))
        return {false, "cannot ask " + where + ": " + std::strerror(errno)};
    const std::string answer = receive(socket.get(), end);
    if (answer.empty())
        return {false, where + " is not ready: no answer within " + in_seconds(limit)};
    const std::string_view view(answer);
    if (view.starts_with("HTTP/1.1 200")) return {true, where + " is ready"};
    std::string text = where + " is not ready: ";
    text += view.substr(0, view.find('\r'));
    if (const auto end = view.find("\r\n\r\n"); end != std::string_view::npos)
        text.append(" ").append(view.substr(end + 4));
    return {false, text};
}

}  // namespace troika::detail
