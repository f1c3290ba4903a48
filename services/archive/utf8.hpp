#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace archive {

struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;  // bytes; 0: the text does not begin with valid UTF-8
};

// The first code point of `text`, strictly as RFC 3629 3: neither overlong forms nor surrogates nor
// values above U+10FFFF.
CodePoint first_code_point(std::string_view text) noexcept;

// `value` must be one that first_code_point() gives.
void append_utf8(std::string& text, char32_t value);

}  // namespace archive
