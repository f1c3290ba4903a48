#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troika::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::string format_http_date(std::chrono::sys_seconds time);

// The same, and the two obsolete forms a recipient must take: "Sunday, 06-Nov-94 08:49:37 GMT" and
// "Sun Nov  6 08:49:37 1994". Nothing for anything else; the day's name is not checked.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace troika::http
