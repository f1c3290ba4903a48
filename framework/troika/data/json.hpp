#pragma once

#include <troika/data/value.hpp>

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

// Data as JSON (RFC 8259). The table in described.hpp says how each type looks.
//
//   Errors        DecodeError: syntax with line and column, invalid UTF-8, a duplicate member (the
//                 last one winning silently is how two readers of one document disagree), nesting
//                 beyond max_depth, and everything about types and members. EncodeError: NaN and
//                 infinities, text that is not UTF-8.
namespace troika::data {

enum class JsonComments { reject, ignore };

struct ParseOptions {
    std::size_t max_depth = kMaxDepth;
    JsonComments comments = JsonComments::reject;
    // When given, filled with the line (from 1) of each member, by JSON pointer.
    std::map<std::string, int>* lines = nullptr;
};

// The text as a JSON value. Include <nlohmann/json.hpp> to use it.
nlohmann::json parse_json(std::string_view text, const ParseOptions& options = {});

namespace detail {
void read_json(std::string_view text, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*));
void read_json(const nlohmann::json& json, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*));
std::string write_json_text(const void* value, void (*write)(Writer&, const void*));
void write_json_value(nlohmann::json& out, const void* value, void (*write)(Writer&, const void*));

template <typename T, typename Source>
T from_any(const Source& source, const DecodeOptions& options) {
    require_encodable<T>();
    T value{};
    read_json(source, options, &value,
              [](Reader& reader, void* out) { read_value(reader, *static_cast<T*>(out)); });
    return value;
}
template <typename T>
void write_any(Writer& writer, const void* value) {
    write_value(writer, *static_cast<const T*>(value));
}
}  // namespace detail

template <typename T>
T from_json(std::string_view text, const DecodeOptions& options = {}) {
    return detail::from_any<T>(text, options);
}

template <typename T>
T from_json_value(const nlohmann::json& json, const DecodeOptions& options = {}) {
    return detail::from_any<T>(json, options);
}

// Compact, members in the order of the description.
template <typename T>
std::string to_json(const T& value) {
    return detail::write_json_text(&value, detail::write_any<T>);
}

// The second parameter only delays the look at the incomplete type: never give it.
template <typename T, typename Json = nlohmann::json>
Json to_json_value(const T& value) {
    Json out;
    detail::write_json_value(out, &value, detail::write_any<T>);
    return out;
}

}  // namespace troika::data
