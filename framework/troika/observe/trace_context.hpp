#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troika {

// W3C Trace Context (level 1): which trace a request belongs to and who called.
struct TraceContext {
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> parent_id{};
    bool sampled = false;

    // The value of a `traceparent` field; nothing if the trace is to be started anew (section 4.3):
    // wrong form, upper case, version ff, or an id of zeros. Later versions are read as far as
    // version 00 goes.
    static std::optional<TraceContext> parse(std::string_view traceparent);
    // As version 00.
    std::string traceparent() const;
    // 32 lower-case hexadecimal digits.
    std::string trace_id_text() const;

    bool operator==(const TraceContext&) const = default;
};

}  // namespace troika
