#include <troika/observe/trace_context.hpp>

#include <algorithm>
#include <span>

namespace troika {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
}

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

// 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
std::optional<TraceContext> TraceContext::parse(std::string_view text) {
    constexpr std::size_t kLength = 55;
    if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return std::nullopt;
    std::array<std::uint8_t, 1> version{}, flags{};
    TraceContext context;
    if (!read_hex(text, version) || !read_hex(text.substr(3), context.trace_id) ||
        !read_hex(text.substr(36), context.parent_id) || !read_hex(text.substr(53), flags))
        return std::nullopt;
    if (version[0] == 0xff || all_zero(context.trace_id) || all_zero(context.parent_id))
        return std::nullopt;
    if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
    context.sampled = (flags[0] & 1) != 0;
    return context;
}

std::string TraceContext::trace_id_text() const {
    std::string out;
    append_hex(out, trace_id);
    return out;
}

std::string TraceContext::traceparent() const {
    std::string out = "00-";
    append_hex(out, trace_id);
    out += '-';
    append_hex(out, parent_id);
    out += sampled ? "-01" : "-00";
    return out;
}

}  // namespace troika
