#include <troika/http/server/detail/address_count.hpp>

namespace troika::http::detail {

bool AddressCount::enter(const Peer& peer, std::size_t most) {
    const ClientKey key(peer);
    if (key.is_local()) return true;
    std::size_t& count = count_[key];
    if (count >= most) return false;
    ++count;
    return true;
}

void AddressCount::leave(const Peer& peer) noexcept {
    const auto found = count_.find(ClientKey(peer));
    if (found != count_.end() && --found->second == 0) count_.erase(found);
}

}  // namespace troika::http::detail
