#include "counted_bytes.hpp"

#include <algorithm>
#include <array>

namespace probe {

namespace {

constexpr std::size_t kPiece = 64 * 1024;

constexpr auto kPattern = [] {
    std::array<char, kPiece> bytes{};
    for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = "0123456789abcdef"[at % 16];
    return bytes;
}();

}  // namespace

troika::Task<std::optional<std::string_view>> CountedBytes::next() {
    if (left_ == 0) co_return std::nullopt;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPattern.size()));
    left_ -= size;
    co_return std::string_view(kPattern.data(), size);
}

}  // namespace probe
