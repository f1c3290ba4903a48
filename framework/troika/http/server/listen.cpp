#include <troika/base/error.hpp>
#include <troika/http/server/listen.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace troika::http {

namespace {

// True for a socket file whose listener has gone.
bool is_left_over(const sockaddr_un& address) noexcept {
    struct stat status{};
    if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!probe) return false;
    const auto& any = reinterpret_cast<const sockaddr&>(address);
    return ::connect(probe.get(), &any, sizeof address) != 0 && errno == ECONNREFUSED;
}

ListeningSocket listen_at_path(const ListenOptions& options) {
    const std::string where = "listen on unix:" + options.path;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options.path.size() >= sizeof address.sun_path)
        throw Error(where + ": the path must be shorter than " +
                    std::to_string(sizeof address.sun_path) + " bytes");
    std::copy(options.path.begin(), options.path.end(), address.sun_path);
    const auto& any = reinterpret_cast<const sockaddr&>(address);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) throw_errno(where);
    if (::bind(fd.get(), &any, sizeof address) != 0) {
        const int code = errno;
        const bool replaced = code == EADDRINUSE && is_left_over(address);
        errno = code;
        if (!replaced) throw_errno(where);
        ::unlink(address.sun_path);
        if (::bind(fd.get(), &any, sizeof address) != 0) throw_errno(where);
    }
    if (::listen(fd.get(), options.backlog) != 0) throw_errno(where);
    return {std::move(fd), {}, 0, options.path};
}

}  // namespace

std::optional<ListenOptions> ListenOptions::from_text(std::string_view text) {
    ListenOptions options;
    if (is_path(text)) {
        options.path = text.substr(text.find(':') + 1);
        if (options.path.empty()) return std::nullopt;
        return options;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    const bool brackets = address.starts_with('[') && address.ends_with(']');
    if (brackets) address = address.substr(1, address.size() - 2);
    options.address = address;
    in6_addr any{};
    if (::inet_pton(brackets ? AF_INET6 : AF_INET, options.address.c_str(), &any) != 1)
        return std::nullopt;
    return options;
}

std::string ListeningSocket::url() const {
    if (!path.empty()) return "unix:" + path;
    const bool v6 = address.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

ListeningSocket open_listener(const ListenOptions& options) {
    if (!options.path.empty()) return listen_at_path(options);
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const bool is_v6 = ::inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1;
    const std::string where = "listen on " +
                              (is_v6 ? "[" + options.address + "]" : options.address) + ":" +
                              std::to_string(options.port);
    sockaddr* address = nullptr;
    socklen_t length = 0;
    if (::inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(options.port);
        address = reinterpret_cast<sockaddr*>(&v4);
        length = sizeof v4;
    } else if (is_v6) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(options.port);
        address = reinterpret_cast<sockaddr*>(&v6);
        length = sizeof v6;
    } else {
        throw Error(where + ": the address must be numeric, such as 127.0.0.1, 0.0.0.0 or ::");
    }
    UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) throw_errno(where);
    const int on = 1;
    // A restart must not wait for the old connections' TIME_WAIT.
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) throw_errno(where);
    // "::" is every interface, IPv4 too, whatever net.ipv6.bindv6only says.
    const int off = 0;
    if (is_v6 && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        throw_errno(where);
    if (::bind(fd.get(), address, length) != 0) throw_errno(where);
    if (::listen(fd.get(), options.backlog) != 0) throw_errno(where);
    if (::getsockname(fd.get(), address, &length) != 0) throw_errno(where);
    const in_port_t port = address->sa_family == AF_INET ? v4.sin_port : v6.sin6_port;
    return {std::move(fd), options.address, ntohs(port), {}};
}

}  // namespace troika::http
