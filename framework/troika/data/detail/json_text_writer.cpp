#include <troika/data/base64.hpp>
#include <troika/data/detail/json_text_writer.hpp>
#include <troika/data/error.hpp>
#include <troika/data/nearest.hpp>

#include <charconv>
#include <cmath>

namespace troika::data::detail {

// A value follows "[", "{" or ":" directly; anything else is preceded by a comma.
void JsonTextWriter::separate() {
    if (out_.size() == 0) return;
    const char last = out_.back();
    if (last != '[' && last != '{' && last != ':') out_.push(',');
}

void JsonTextWriter::fail(std::string_view what) const {
    std::string message(what);
    if (!last_key_.empty()) message += ", in or after the member " + excerpt(last_key_);
    throw EncodeError(message);
}

void JsonTextWriter::null() {
    separate();
    out_.append("null");
}

void JsonTextWriter::boolean(bool value) {
    separate();
    out_.append(value ? "true" : "false");
}

void JsonTextWriter::integer(std::int64_t value) {
    separate();
    out_.integer(value);
}

void JsonTextWriter::natural(std::uint64_t value) {
    separate();
    out_.integer(value);
}

void JsonTextWriter::number(double value) {
    if (!std::isfinite(value)) fail("NaN and infinities have no JSON form");
    separate();
    constexpr double kScientific = 100'000;  // 1e+05 is shorter
    if (std::abs(value) < kScientific && out_.short_decimal(value)) return;
    constexpr std::size_t kLongest = 32;
    char* const begin = out_.reserve(kLongest);
    char* const end = std::to_chars(begin, begin + kLongest - 2, value).ptr;
    out_.advance_to(end);
    if (std::string_view(begin, end).find_first_of(".e") == std::string_view::npos)
        out_.append(".0");
}

void JsonTextWriter::text(std::string_view value) {
    separate();
    quote(value);
}

void JsonTextWriter::bytes(std::span<const std::byte> value) {
    separate();
    out_.push('"');
    out_.append(to_base64(value));
    out_.push('"');
}

void JsonTextWriter::begin_array(std::size_t) {
    if (depth_++ >= kMaxDepth) fail("JSON nested too deeply");
    separate();
    out_.push('[');
}

void JsonTextWriter::end_array() {
    --depth_;
    out_.push(']');
}

void JsonTextWriter::begin_object(std::size_t) {
    if (depth_++ >= kMaxDepth) fail("JSON nested too deeply");
    separate();
    out_.push('{');
}

void JsonTextWriter::key(std::string_view name) {
    separate();
    quote(name);
    out_.push(':');
    last_key_ = name;
}

void JsonTextWriter::end_object() {
    --depth_;
    out_.push('}');
}

void JsonTextWriter::quote(std::string_view text) {
    if (!out_.quoted(text).empty()) fail("text that is not UTF-8 has no JSON form");
}

}  // namespace troika::data::detail
