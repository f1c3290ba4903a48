#include <troika/http/server/detail/address_count.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

namespace troika::http::detail {

std::size_t AddressCount::Hash::operator()(const Key& key) const noexcept {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(key.bytes.data()), key.size});
}

AddressCount::Key AddressCount::key_of(const Peer& peer) noexcept {
    Key key;
    const auto bytes = peer.bytes();
    key.size = std::min(bytes.size(), key.bytes.size());
    std::copy_n(bytes.begin(), key.size, key.bytes.begin());
    return key;
}

bool AddressCount::enter(const Peer& peer, std::size_t most) {
    const Key key = key_of(peer);
    if (key.size == 0) return true;
    std::size_t& count = count_[key];
    if (count >= most) return false;
    ++count;
    return true;
}

void AddressCount::leave(const Peer& peer) noexcept {
    const auto found = count_.find(key_of(peer));
    if (found != count_.end() && --found->second == 0) count_.erase(found);
}

}  // namespace troika::http::detail
