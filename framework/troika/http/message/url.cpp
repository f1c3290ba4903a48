#include <troika/http/message/url.hpp>

#include <troika/http/detail/ascii.hpp>

#include <cstdint>

namespace troika::http {

namespace {

enum class Plus : bool { stays, is_space };

std::optional<std::string> decode(std::string_view raw, Plus plus) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char c = raw[i];
        if (c == '%') {
            if (raw.size() - i < 3) return std::nullopt;
            const int high = detail::hex_value(raw[i + 1]);
            const int low = detail::hex_value(raw[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += c == '+' && plus == Plus::is_space ? ' ' : c;
        }
    }
    return out;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto first = static_cast<unsigned char>(text[i++]);
        if (first < 0x80) continue;
        int following = 0;
        std::uint32_t code = 0;
        if (first >= 0xc2 && first <= 0xdf) {
            following = 1;
            code = first & 0x1fU;
        } else if (first >= 0xe0 && first <= 0xef) {
            following = 2;
            code = first & 0x0fU;
        } else if (first >= 0xf0 && first <= 0xf4) {
            following = 3;
            code = first & 0x07U;
        } else {
            return false;
        }
        const int length = following;
        for (; following > 0; --following) {
            if (i == text.size()) return false;
            const auto next = static_cast<unsigned char>(text[i++]);
            if ((next & 0xc0U) != 0x80U) return false;
            code = code << 6U | (next & 0x3fU);
        }
        if (length == 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return false;
        if (length == 3 && (code < 0x10000 || code > 0x10ffff)) return false;
    }
    return true;
}

bool has_dot_segment(std::string_view path) noexcept {
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string_view segment = path.substr(0, slash);
        if (segment == "." || segment == "..") return true;
        if (slash == std::string_view::npos) return false;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

std::optional<std::string> decode_segment(std::string_view raw) {
    std::optional<std::string> out = decode(raw, Plus::stays);
    if (!out || out->find('\0') != std::string::npos || !is_utf8(*out) || has_dot_segment(*out))
        return std::nullopt;
    return out;
}

std::optional<std::string> decode_query(std::string_view raw) {
    return decode(raw, Plus::is_space);
}

bool is_routable_path(std::string_view path) {
    if (path.empty() || path.front() != '/') return false;
    static constexpr detail::CharSet kPlain("!\"#$&'()*+,-/:;<=>?@[\\]^_`{|}~");
    bool needs_a_closer_look = false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (kPlain.has(c)) continue;
        if (c == '%') {
            needs_a_closer_look = true;
        } else if (c != '.') {
            return false;
        } else if (path[i - 1] == '/') {
            needs_a_closer_look = true;
        }
    }
    return !needs_a_closer_look || decode_segment(path).has_value();
}

std::optional<std::string_view> find_in_query(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::size_t ampersand = query.find('&');
        const std::string_view pair = query.substr(0, ampersand);
        query =
            ampersand == std::string_view::npos ? std::string_view{} : query.substr(ampersand + 1);
        const std::size_t equals = pair.find('=');
        const std::string_view raw_name = pair.substr(0, equals);
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (raw_name == name) return value;
        if (raw_name.find_first_of("%+") == std::string_view::npos) continue;
        if (decode_query(raw_name) == name) return value;
    }
    return std::nullopt;
}

std::string encode_segment(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool unreserved = detail::is_digit(c) || (c >= 'a' && c <= 'z') ||
                                (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
    return out;
}

}  // namespace troika::http
