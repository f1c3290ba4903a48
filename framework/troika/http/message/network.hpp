#pragma once

#include <troika/http/message/peer.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troika::http {

// A set of addresses, "10.0.0.0/8", "2001:db8::/32", "192.0.2.1", or "unix": whoever comes over a unix
// domain socket. IPv4 is IPv4 however it is written or came: a client of a socket on "::" whose address is
// ::ffff:10.0.0.1 is 10.0.0.1, and ::ffff:10.0.0.0/104 is 10.0.0.0/8. "::/0" is every IPv6 address.
class Network final {
  public:
    static constexpr std::string_view kTextForm =
        "a network such as 10.0.0.0/8, an address, or unix";

    Network() noexcept = default;
    // Nothing for anything else, and for bits beyond the prefix: 10.0.0.1/8 is a slip.
    static std::optional<Network> from_text(std::string_view text);
    std::string to_text() const;

    bool contains(const Peer& peer) const noexcept;
    bool operator==(const Network&) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
    std::uint8_t size_ = 0;    // bytes of an address; 0: unix
    std::uint8_t prefix_ = 0;  // bits
};

}  // namespace troika::http
