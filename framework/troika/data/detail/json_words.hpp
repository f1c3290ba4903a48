#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

// JSON strings eight bytes at a time, for the scanner and the writers.
namespace troika::data::detail {

inline constexpr std::uint64_t each_byte(std::uint8_t value) { return 0x0101010101010101U * value; }

// The byte at `at` is the lowest.
inline std::uint64_t load_word(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

// The top bit of each byte that stands for more than itself in a JSON string: quote, backslash,
// control characters, anything above ASCII. Exact for the lowest such byte, which is all one needs: a
// borrow makes false ones above a true one only.
inline constexpr std::uint64_t special_bytes(std::uint64_t word) {
    const std::uint64_t quote = word ^ each_byte('"');
    const std::uint64_t backslash = word ^ each_byte('\\');
    const std::uint64_t below =
        (word - each_byte(0x20)) | (quote - each_byte(1)) | (backslash - each_byte(1));
    return (below | word) & each_byte(0x80);
}

inline constexpr bool is_special(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || (c & 0x80) != 0;
}

inline int first_special(std::uint64_t specials) { return std::countr_zero(specials) / 8; }

}  // namespace troika::data::detail
