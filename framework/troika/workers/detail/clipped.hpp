#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troika::workers::detail {

// What a worker says beside its results, errors and log lines, is written for people: its texts are
// cut off here, so that no megabytes of them pass through the server's loop.
inline constexpr std::size_t kLongestText = 64 * 1024;

// At most about `most` bytes, and how many are missing; no UTF-8 character is cut through.
inline std::string clipped(std::string_view text, std::size_t most = kLongestText) {
    if (text.size() <= most) return std::string(text);
    std::size_t end = most;
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
    };
    while (end > 0 && most - end < 3 && continues(end)) --end;
    return std::string(text.substr(0, end)) + "... (" + std::to_string(text.size() - end) +
           " bytes more)";
}

}  // namespace troika::workers::detail
