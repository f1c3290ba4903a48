#include <troika/base/utf8.hpp>
#include <troika/data/base64.hpp>
#include <troika/data/detail/json_text_writer.hpp>
#include <troika/data/error.hpp>
#include <troika/data/nearest.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace troika::data::detail {
namespace {

template <typename T>
void append_number(std::string& out, T value) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

constexpr bool plain(char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f; }

}  // namespace

// A value follows "[", "{" or ":" directly; anything else is preceded by a comma.
void JsonTextWriter::separate() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '[' && last != '{' && last != ':') out_ += ',';
}

void JsonTextWriter::fail(std::string_view what) const {
    std::string message(what);
    if (!last_key_.empty()) message += ", in or after the member " + excerpt(last_key_);
    throw EncodeError(message);
}

void JsonTextWriter::null() {
    separate();
    out_ += "null";
}

void JsonTextWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
}

void JsonTextWriter::integer(std::int64_t value) {
    separate();
    append_number(out_, value);
}

void JsonTextWriter::natural(std::uint64_t value) {
    separate();
    append_number(out_, value);
}

void JsonTextWriter::number(double value) {
    if (!std::isfinite(value)) fail("NaN and infinities have no JSON form");
    separate();
    const std::size_t start = out_.size();
    append_number(out_, value);
    if (out_.find_first_of(".e", start) == std::string::npos) out_ += ".0";
}

void JsonTextWriter::text(std::string_view value) {
    separate();
    quote(value);
}

void JsonTextWriter::bytes(std::span<const std::byte> value) {
    separate();
    out_ += '"';
    out_ += to_base64(value);
    out_ += '"';
}

void JsonTextWriter::begin_array(std::size_t) {
    if (depth_++ >= kMaxDepth) fail("JSON nested too deeply");
    separate();
    out_ += '[';
}

void JsonTextWriter::end_array() {
    --depth_;
    out_ += ']';
}

void JsonTextWriter::begin_object(std::size_t) {
    if (depth_++ >= kMaxDepth) fail("JSON nested too deeply");
    separate();
    out_ += '{';
}

void JsonTextWriter::key(std::string_view name) {
    separate();
    quote(name);
    out_ += ':';
    last_key_ = name;
}

void JsonTextWriter::end_object() {
    --depth_;
    out_ += '}';
}

void JsonTextWriter::quote(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    out_ += '"';
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && plain(text[run])) ++run;
        out_ += text.substr(0, run);
        text.remove_prefix(run);
        if (text.empty()) break;
        const char c = text.front();
        const std::size_t length = utf8_sequence(text);
        if (length == 0) fail("text that is not UTF-8 has no JSON form");
        if (length > 1) {
            out_ += text.substr(0, length);
        } else if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (c == '\n') {
            out_ += "\\n";
        } else if (c == '\r') {
            out_ += "\\r";
        } else if (c == '\t') {
            out_ += "\\t";
        } else {
            out_ += "\\u00";
            out_ += kHex[static_cast<unsigned char>(c) >> 4];
            out_ += kHex[static_cast<unsigned char>(c) & 15];
        }
        text.remove_prefix(length);
    }
    out_ += '"';
}

}  // namespace troika::data::detail
