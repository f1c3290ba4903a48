#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// What RFC 9110 calls tokens and field values, independent of any locale.
namespace troika::http::detail {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A set of characters that is asked for each byte of what comes in.
class CharSet final {
  public:
    constexpr explicit CharSet(std::string_view others,
                               bool with_letters_and_digits = true) noexcept {
        for (const char c : others) at(c) = true;
        if (!with_letters_and_digits) return;
        for (char c = '0'; c <= '9'; ++c) at(c) = true;
        for (char c = 'a'; c <= 'z'; ++c) at(c) = true;
        for (char c = 'A'; c <= 'Z'; ++c) at(c) = true;
    }
    constexpr bool has(char c) const noexcept { return members_[static_cast<unsigned char>(c)]; }
    constexpr bool has_all(std::string_view text) const noexcept {
        for (const char c : text) {
            if (!has(c)) return false;
        }
        return true;
    }

  private:
    constexpr bool& at(char c) noexcept { return members_[static_cast<unsigned char>(c)]; }
    std::array<bool, 256> members_{};
};

// RFC 9110 5.6.2.
inline constexpr CharSet kTokenChars("!#$%&'*+-.^_`|~");
constexpr bool is_token_char(char c) noexcept { return kTokenChars.has(c); }

constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && kTokenChars.has_all(text);
}

constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The next element of a comma-separated list (RFC 9110 5.6.1), trimmed; `rest` moves past it.
// Quoted strings are not looked into: none of the lists we read may hold one.
constexpr std::string_view next_element(std::string_view& rest) noexcept {
    const std::size_t comma = rest.find(',');
    const std::string_view element = trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    return element;
}

// -1 for anything but 0-9, a-f, A-F.
constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace troika::http::detail
