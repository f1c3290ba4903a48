#include <troika/http/message/peer.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
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

std::span<const std::uint8_t> Peer::bytes() const noexcept {
    const std::span<const std::uint8_t> all = bytes_;
    return all.first(family_ == Family::none ? 0 : family_ == Family::v4 ? 4 : 16);
}

std::optional<Peer> Peer::from_text(std::string_view text) {
    std::string address(text);
    std::string port;
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos) return std::nullopt;
        address = text.substr(1, bracket - 1);
        const std::string_view rest = text.substr(bracket + 1);
        if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) return std::nullopt;
        if (!rest.empty()) port = rest.substr(1);
        if (address.find(':') == std::string::npos) return std::nullopt;
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        address = text.substr(0, text.find(':'));
        port = text.substr(text.find(':') + 1);
        if (port.empty()) return std::nullopt;
    }
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (!port.empty() && (error != std::errc{} || end != port.data() + port.size()))
        return std::nullopt;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    std::optional<Peer> peer;
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(number);
        peer.emplace(reinterpret_cast<const sockaddr&>(v4));
    } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(number);
        peer.emplace(reinterpret_cast<const sockaddr&>(v6));
    }
    return peer;
}

}  // namespace troika::http
