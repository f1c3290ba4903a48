#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troika::data {

// The known name a typing error most likely meant, empty if none is near: at most a third of the
// letters differ (one for short names), a transposition counting once.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

// `"text"` for messages: at most 40 bytes, control characters and bytes above 0x7e as \xHH.
std::string excerpt(std::string_view text);

}  // namespace troika::data
