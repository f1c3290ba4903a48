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

// The text value.dump() gives, in a third of the instructions; bytes that are no UTF-8 become U+FFFD.
std::string dump_json(const nlohmann::json& value);

namespace detail {
// Without a value in between. False, with anything in `value`, when something is wrong with the text.
bool read_json_text(std::string_view text, const DecodeOptions& options, void* value,
                    void (*read)(Reader&, void*));
// Says what is wrong.
void read_json(std::string_view text, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*));
void read_json(const nlohmann::json& json, const DecodeOptions& options, void* value,
               void (*read)(Reader&, void*));
std::string write_json_text(const void* value, void (*write)(Writer&, const void*));
void write_json_value(nlohmann::json& out, const void* value, void (*write)(Writer&, const void*));

template <typename T>
void read_any(Reader& reader, void* value) {
    read_value(reader, *static_cast<T*>(value));
}
template <typename T>
void write_any(Writer& writer, const void* value) {
    write_value(writer, *static_cast<const T*>(value));
}
}  // namespace detail

template <typename T>
T from_json(std::string_view text, const DecodeOptions& options = {}) {
    detail::require_encodable<T>();
    {
        T value{};
        if (detail::read_json_text(text, options, &value, detail::read_any<T>)) return value;
    }
    T value{};
    detail::read_json(text, options, &value, detail::read_any<T>);
    return value;
}

template <typename T>
T from_json_value(const nlohmann::json& json, const DecodeOptions& options = {}) {
    detail::require_encodable<T>();
    T value{};
    detail::read_json(json, options, &value, detail::read_any<T>);
    return value;
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
