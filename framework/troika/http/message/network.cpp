#include <troika/http/message/network.hpp>

#include <algorithm>
#include <charconv>

namespace troika::http {

namespace {

constexpr std::size_t kByte = 8;  // bits
constexpr std::uint8_t kMappedBits =
    96;  // of ::ffff:0:0, before an IPv4 address (RFC 4291 2.5.5.2)

// The bits of byte `i` that a prefix of `bits` covers.
std::uint8_t mask_at(std::size_t i, std::size_t bits) noexcept {
    const std::size_t before = i * kByte;
    if (bits <= before) return 0;
    const std::size_t covered = std::min<std::size_t>(bits - before, kByte);
    return static_cast<std::uint8_t>(0xffU << (kByte - covered));
}

}  // namespace

std::optional<Network> Network::from_text(std::string_view text) {
    Network network;
    if (text == "unix") return network;
    const std::size_t slash = text.find('/');
    const std::string_view address = text.substr(0, slash);
    const bool has_port = std::count(address.begin(), address.end(), ':') == 1;
    if (has_port || address.find('[') != std::string_view::npos) return std::nullopt;
    const std::optional<Peer> peer = Peer::from_text(address);
    if (!peer) return std::nullopt;
    const auto bytes = peer->bytes();
    std::copy(bytes.begin(), bytes.end(), network.bytes_.begin());
    network.size_ = static_cast<std::uint8_t>(bytes.size());
    network.prefix_ = static_cast<std::uint8_t>(bytes.size() * kByte);
    if (slash == std::string_view::npos) return network;
    const std::string_view bits = text.substr(slash + 1);
    std::uint8_t prefix = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
    if (error != std::errc{} || end != bits.data() + bits.size()) return std::nullopt;
    const bool mapped = network.size_ == 4 && address.find(':') != std::string_view::npos;
    if (mapped && prefix < kMappedBits) return std::nullopt;
    if (mapped) prefix = static_cast<std::uint8_t>(prefix - kMappedBits);
    if (prefix > network.prefix_) return std::nullopt;
    network.prefix_ = prefix;
    for (std::size_t i = 0; i < network.size_; ++i) {
        if ((network.bytes_[i] & ~mask_at(i, prefix)) != 0) return std::nullopt;
    }
    return network;
}

std::string Network::to_text() const {
    if (size_ == 0) return "unix";
    std::string text;
    if (size_ == 4) {
        for (std::size_t i = 0; i < size_; ++i)
            text.append(i > 0 ? "." : "").append(std::to_string(bytes_[i]));
    } else {
        constexpr std::string_view kDigits = "0123456789abcdef";
        for (std::size_t i = 0; i < size_; ++i) {
            if (i > 0 && i % 2 == 0) text += ':';
            text += kDigits[bytes_[i] >> 4U];
            text += kDigits[bytes_[i] & 0x0fU];
        }
    }
    return text + "/" + std::to_string(prefix_);
}

bool Network::contains(const Peer& peer) const noexcept {
    const auto bytes = peer.bytes();
    if (bytes.size() != size_) return false;
    for (std::size_t i = 0; i < size_; ++i) {
        if (((bytes[i] ^ bytes_[i]) & mask_at(i, prefix_)) != 0) return false;
    }
    return true;
}

}  // namespace troika::http
