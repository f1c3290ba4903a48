#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troika::http {

// Percent-decodes one path segment (RFC 3986 2.1); '+' stays '+'. Nothing when an escape is
// malformed, or when the outcome has a NUL, is no valid UTF-8 (overlong forms included), or
// contains a "." or ".." segment, escaped slashes counted: a decoded segment never means another
// path than the raw one.
std::optional<std::string> decode_segment(std::string_view raw);

// Percent-decodes a query name or value; '+' is a space (HTML form encoding). Nothing when
// malformed.
std::optional<std::string> decode_query(std::string_view raw);

// True for a path this server routes: begins with '/', only printable ASCII, well-formed escapes,
// no dot segments in any spelling, no NUL, valid UTF-8 once decoded.
bool is_routable_path(std::string_view path);

// The raw value of the first `name=value` pair with that decoded name; nothing when there is none.
std::optional<std::string_view> find_in_query(std::string_view query, std::string_view name);

// RFC 3986 2.1 with the unreserved characters kept; for building Location and the like.
std::string encode_segment(std::string_view text);

}  // namespace troika::http
