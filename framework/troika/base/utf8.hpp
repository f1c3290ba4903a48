#pragma once

#include <cstddef>
#include <string_view>

namespace troika {

// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF); 0 if there is none.
std::size_t utf8_sequence(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

}  // namespace troika
