#pragma once

#include <troika/http/message/client_key.hpp>

#include <cstddef>
#include <unordered_map>

namespace troika::http::detail {

// How many connections each client has. Those of a unix socket are not counted.
class AddressCount final {
  public:
    // False, and nothing is counted, where it has `most` already.
    bool enter(const Peer& peer, std::size_t most);
    void leave(const Peer& peer) noexcept;
    std::size_t addresses() const noexcept { return count_.size(); }

  private:
    std::unordered_map<ClientKey, std::size_t, ClientKey::Hash> count_;
};

}  // namespace troika::http::detail
