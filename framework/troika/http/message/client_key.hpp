#pragma once

#include <troika/http/message/peer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace troika::http {

// What of a peer's address counts as one client: an IPv4 address, or the /64 of an IPv6 one, which is
// what one client is given (RFC 6177). 16 bytes, for keys of tables.
class ClientKey final {
  public:
    explicit ClientKey(const Peer& peer) noexcept;

    // True for a request that came over no network: whoever it is.
    bool is_local() const noexcept { return size_ == 0; }
    bool operator==(const ClientKey&) const = default;

    struct Hash {
        std::size_t operator()(const ClientKey& key) const noexcept;
    };

  private:
    std::array<std::uint8_t, 8> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace troika::http
