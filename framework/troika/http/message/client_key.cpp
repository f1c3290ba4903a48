#include <troika/http/message/client_key.hpp>

#include <algorithm>
#include <functional>
#include <string_view>

namespace troika::http {

ClientKey::ClientKey(const Peer& peer) noexcept {
    const auto bytes = peer.bytes();
    size_ = std::min(bytes.size(), bytes_.size());
    std::copy_n(bytes.begin(), size_, bytes_.begin());
}

std::size_t ClientKey::Hash::operator()(const ClientKey& key) const noexcept {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(key.bytes_.data()), key.size_});
}

}  // namespace troika::http
