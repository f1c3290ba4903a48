#include <troika/base/utf8.hpp>
#include <troika/observe/detail/log_format.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace troika::log::detail {
namespace {

constexpr std::size_t kLongestLine = 16 * 1024;
constexpr std::size_t kLongestPart = 8 * 1024;
constexpr std::string_view kCut = "...[cut]";

constexpr std::array<std::string_view, 7> kNames{"trace", "debug",    "info", "warning",
                                                 "error", "critical", "off"};
constexpr std::array<std::string_view, 7> kColours{"\x1b[90m", "\x1b[36m",   "\x1b[32m", "\x1b[33m",
                                                   "\x1b[31m", "\x1b[1;31m", ""};

template <typename T>
void append_number(std::string& out, T value) {
    std::array<char, 32> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + 32, value).ptr);
}

void append_hex(std::string& out, std::string_view prefix, unsigned char byte) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    out += prefix;
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

// C0, DEL and C1 controls move a terminal's cursor or begin a line of their own.
bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
    return sequence.size() == 2 && first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

void append_escaped(std::string& out, std::string_view text, bool json, bool quoted) {
    const bool cut = text.size() > kLongestPart;
    if (cut) text = text.substr(0, kLongestPart);
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const auto first = static_cast<unsigned char>(text[0]);
        const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
        text.remove_prefix(sequence.size());
        if (length == 0) {
            append_hex(out, json ? "\\ufffd\\u00" : "\\x", first);  // U+FFFD, then which byte
        } else if (first == '\n') {
            out += "\\n";
        } else if (first == '\r') {
            out += "\\r";
        } else if (first == '\t') {
            out += "\\t";
        } else if (is_control(sequence)) {
            append_hex(out, json ? "\\u00" : "\\x", static_cast<unsigned char>(sequence.back()));
        } else if (first == '\\' || (quoted && first == '"')) {
            out += '\\';
            out += sequence;
        } else {
            out += sequence;
        }
    }
    if (cut) out += kCut;
}

void append_duration(std::string& out, std::chrono::nanoseconds value) {
    const auto count = static_cast<double>(value.count());
    const double size = std::abs(count);
    const auto [scale, unit] = size >= 1e9   ? std::pair(1e9, "s")
                               : size >= 1e6 ? std::pair(1e6, "ms")
                               : size >= 1e3 ? std::pair(1e3, "us")
                                             : std::pair(1.0, "ns");
    std::array<char, 32> digits;
    const int length = std::snprintf(digits.data(), digits.size(), "%.4g", count / scale);
    out.append(digits.data(), static_cast<std::size_t>(length));
    out += unit;
}

struct ValueWriter {
    std::string& out;
    bool json;

    void operator()(std::string_view text) const {
        const bool quote = json || text.empty() || text.find_first_of(" =\"") != text.npos;
        if (quote) out += '"';
        append_escaped(out, text, json, quote);
        if (quote) out += '"';
    }
    void operator()(std::int64_t value) const { append_number(out, value); }
    void operator()(std::uint64_t value) const { append_number(out, value); }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(double value) const {
        if (json && !std::isfinite(value))
            out += "null";
        else
            append_number(out, value);
    }
    void operator()(std::chrono::nanoseconds value) const {
        if (json)
            append_number(out, static_cast<double>(value.count()) / 1e9);
        else
            append_duration(out, value);
    }
};

void append_time(std::string& out, std::chrono::system_clock::time_point time) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    const auto seconds = static_cast<std::time_t>(since.count() / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text;
    const int length =
        std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<int>(since.count() % 1000));
    out.append(text.data(), static_cast<std::size_t>(length));
}

void format_json(std::string& out, const Record& record) {
    const ValueWriter writer{out, true};
    out += "{\"ts\":\"";
    append_time(out, record.time);
    out += "\",\"level\":\"";
    out += level_name(record.level);
    out += "\",\"msg\":";
    writer(record.message);
    for (const Field& field : record.fields) {
        const std::size_t before = out.size();
        out += ",\"";
        append_escaped(out, field.key, true, true);
        if (field.key == "ts" || field.key == "level" || field.key == "msg") out += '_';
        out += "\":";
        std::visit(writer, field.value.any());
        if (out.size() > kLongestLine - 32) {  // whole fields only: the line stays JSON
            out.resize(before);
            out += ",\"cut\":true";
            break;
        }
    }
    out += "}\n";
}

void format_text(std::string& out, const Record& record, bool colour) {
    const ValueWriter writer{out, false};
    append_time(out, record.time);
    out += ' ';
    const std::string_view name = level_name(record.level);
    if (colour) out += kColours[static_cast<std::size_t>(record.level)];
    out += name;
    if (colour) out += "\x1b[0m";
    out.append(name.size() < 9 ? 9 - name.size() : 1, ' ');
    append_escaped(out, record.message, false, false);
    for (const Field& field : record.fields) {
        const std::size_t before = out.size();
        out += ' ';
        append_escaped(out, field.key, false, false);
        out += '=';
        std::visit(writer, field.value.any());
        if (out.size() > kLongestLine - 32) {
            out.resize(before);
            out += kCut;
            break;
        }
    }
    out += '\n';
}

}  // namespace

std::string_view level_name(Level level) noexcept {
    return kNames[static_cast<std::size_t>(level)];
}

std::string format_line(const Record& record, Style style) {
    std::string out;
    out.reserve(192);
    if (style == Style::json)
        format_json(out, record);
    else
        format_text(out, record, style == Style::coloured_text);
    return out;
}

}  // namespace troika::log::detail
