#pragma once

#include <troika/http/message/peer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace troika::http::detail {

// How many connections each client address has: an IPv4 address, or the /64 of an IPv6 one, because
// that is what one client is given. Those of a unix socket are not counted.
class AddressCount final {
  public:
    // False, and nothing is counted, where it has `most` already.
    bool enter(const Peer& peer, std::size_t most);
    void leave(const Peer& peer) noexcept;
    std::size_t addresses() const noexcept { return count_.size(); }

  private:
    struct Key {
        std::array<std::uint8_t, 8> bytes{};
        std::size_t size = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    static Key key_of(const Peer& peer) noexcept;

    std::unordered_map<Key, std::size_t, Hash> count_;
};

}  // namespace troika::http::detail
