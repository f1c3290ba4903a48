#include <troika/http/message/peer.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace troika::http {

Peer::Peer(const sockaddr& address) noexcept {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        family_ = Family::v4;
        port_ = ntohs(v4.sin_port);
        std::memcpy(bytes_.data(), &v4.sin_addr, sizeof v4.sin_addr);
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        port_ = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {  // an IPv4 client of a socket on "::"
            family_ = Family::v4;
            std::memcpy(bytes_.data(), &v6.sin6_addr.s6_addr[12], sizeof(in_addr));
        } else {
            family_ = Family::v6;
            std::memcpy(bytes_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
        }
    }
}

std::string Peer::address() const {
    if (family_ == Family::none) return "local";
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family_ == Family::v4 ? AF_INET : AF_INET6, bytes_.data(), text.data(),
                text.size());
    return text.data();
}

}  // namespace troika::http
