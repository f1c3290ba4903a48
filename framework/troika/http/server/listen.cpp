#include <troika/base/error.hpp>
#include <troika/http/server/listen.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace troika::http {

ListeningSocket open_listener(const ListenOptions& options) {
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
    return {std::move(fd), options.address, ntohs(port)};
}

}  // namespace troika::http
