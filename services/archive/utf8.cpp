#include "utf8.hpp"

namespace archive {

CodePoint first_code_point(std::string_view text) noexcept {
    if (text.empty()) return {};
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t length = 0;
    char32_t value = 0;
    char32_t lowest = 0;
    if (lead >= 0xc0 && lead < 0xe0) {
        length = 2, value = lead & 0x1f, lowest = 0x80;
    } else if (lead >= 0xe0 && lead < 0xf0) {
        length = 3, value = lead & 0x0f, lowest = 0x800;
    } else if (lead >= 0xf0 && lead < 0xf8) {
        length = 4, value = lead & 0x07, lowest = 0x10000;
    } else {
        return {};
    }
    if (text.size() < length) return {};
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return {};
        value = (value << 6) | (byte(at) & 0x3f);
    }
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < lowest || value > 0x10ffff || surrogate) return {};
    return {value, length};
}

void append_utf8(std::string& text, char32_t value) {
    const auto append = [&text](char32_t byte) { text += static_cast<char>(byte); };
    const auto tail = [value](int shift) { return 0x80 | ((value >> shift) & 0x3f); };
    if (value < 0x80) {
        append(value);
    } else if (value < 0x800) {
        append(0xc0 | (value >> 6)), append(tail(0));
    } else if (value < 0x10000) {
        append(0xe0 | (value >> 12)), append(tail(6)), append(tail(0));
    } else {
        append(0xf0 | (value >> 18)), append(tail(12)), append(tail(6)), append(tail(0));
    }
}

}  // namespace archive
