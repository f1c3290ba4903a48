#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troika::http {

// The methods of RFC 9110 9 and RFC 5789. Any other token is `unknown` and answered with 501.
enum class Method : std::uint8_t {
    get,
    head,
    post,
    put,
    delete_,
    patch,
    options,
    connect,
    trace,
    unknown
};
inline constexpr std::size_t kMethodCount = 10;

// "GET", ...; "UNKNOWN" for unknown.
std::string_view to_string(Method method) noexcept;

// Case-sensitive, as RFC 9110 9.1 wants it.
Method method_from(std::string_view text) noexcept;

// GET, HEAD, OPTIONS, TRACE (RFC 9110 9.2.1).
bool is_safe(Method method) noexcept;

}  // namespace troika::http

namespace troika {
using http::Method;
}
