#include <troika/base/utf8.hpp>
#include <troika/data/detail/json_buffer.hpp>
#include <troika/data/detail/json_words.hpp>

#include <array>
#include <cmath>

namespace troika::data::detail {

void JsonBuffer::grow(std::size_t count) {
    const std::size_t used = size();
    text_.resize(std::max(2 * text_.size(), used + count));
    at_ = text_.data() + used;
    end_ = text_.data() + text_.size();
}

// Of decimals with at most 15 digits no two are the same double, so the first scale that gives the
// value back gives its only form of that length, and there is none shorter.
bool JsonBuffer::short_decimal(double value) {
    constexpr std::array<std::uint32_t, 4> kScales{1, 10, 100, 1000};
    constexpr std::size_t kLongest = 24;
    const double size = std::abs(value);
    if (!(size < 1e12)) return false;
    for (std::size_t decimals = 0; decimals < kScales.size(); ++decimals) {
        const auto scale = kScales[decimals];
        // NOLINTNEXTLINE(bugprone-incorrect-roundings): a wrong one does not give the value back
        const auto scaled = static_cast<std::uint64_t>(size * scale + 0.5);
        if (static_cast<double>(scaled) / scale != size) continue;
        char* at = reserve(kLongest);
        if (std::signbit(value)) *at++ = '-';
        at = std::to_chars(at, at + kLongest, scaled / scale).ptr;
        *at++ = '.';
        auto rest = static_cast<std::uint32_t>(scaled % scale);
        char* const end = at + std::max<std::size_t>(decimals, 1);
        for (char* digit = end; digit != at; rest /= 10)
            *--digit = static_cast<char>('0' + rest % 10);
        at_ = end;
        return true;
    }
    return false;
}

std::string_view JsonBuffer::quoted(std::string_view text) {
    push('"');
    while (true) {
        text.remove_prefix(plain(text));
        if (text.empty()) break;
        const std::size_t length = utf8_sequence(text);
        if (length == 0) return text;
        if (length > 1)
            append(text.substr(0, length));
        else
            escape(text.front());
        text.remove_prefix(length);
    }
    push('"');
    return {};
}

// Writes the text as far as a JSON string can hold it as it is, and says how far that was.
std::size_t JsonBuffer::plain(std::string_view text) {
    reserve(text.size() + 1);  // and the quote
    const std::size_t count = text.size() < 8 ? plain_of_short(text) : plain_of_long(text);
    at_ += count;
    return count;
}

// What lies behind the plain bytes of a word is copied too, and written over by what comes next.
std::size_t JsonBuffer::plain_of_long(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); i += 8) {
        i = std::min(i, text.size() - 8);  // the last word overlaps
        const char* const from = text.data() + i;
        const std::uint64_t specials = special_bytes(load_word(from));
        std::memcpy(at_ + i, from, 8);
        if (specials != 0) return i + static_cast<std::size_t>(first_special(specials));
    }
    return text.size();
}

std::size_t JsonBuffer::plain_of_short(std::string_view text) {
    const std::size_t size = text.size();
    if (size >= 4) {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        std::memcpy(&first, text.data(), 4);
        std::memcpy(&last, text.data() + size - 4, 4);
        if (special_bytes(std::uint64_t{first} << 32 | last) == 0) {
            std::memcpy(at_, &first, 4);
            std::memcpy(at_ + size - 4, &last, 4);
            return size;
        }
    }
    std::size_t i = 0;
    for (; i < size && !is_special(text[i]); ++i) at_[i] = text[i];
    return i;
}

void JsonBuffer::escape(char c) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"': return append("\\\"");
        case '\\': return append("\\\\");
        case '\b': return append("\\b");
        case '\f': return append("\\f");
        case '\n': return append("\\n");
        case '\r': return append("\\r");
        case '\t': return append("\\t");
        default: break;
    }
    append("\\u00");
    push(kHex[static_cast<unsigned char>(c) >> 4]);
    push(kHex[static_cast<unsigned char>(c) & 15]);
}

}  // namespace troika::data::detail
