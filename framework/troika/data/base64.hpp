#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troika::data {

// RFC 4648 section 4, padded.
std::string to_base64(std::span<const std::byte> bytes);

// Strict: standard alphabet, padding required, no white space, unused bits zero; else nothing.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace troika::data
