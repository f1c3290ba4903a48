#include <troika/http/message/method.hpp>

#include <array>

namespace troika::http {

namespace {
constexpr std::array<std::string_view, kMethodCount> kNames = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "UNKNOWN"};
}

std::string_view to_string(Method method) noexcept {
    return kNames[static_cast<std::size_t>(method)];
}

Method method_from(std::string_view text) noexcept {
    for (std::size_t i = 0; i + 1 < kNames.size(); ++i) {
        if (kNames[i] == text) return static_cast<Method>(i);
    }
    return Method::unknown;
}

bool is_safe(Method method) noexcept {
    return method == Method::get || method == Method::head || method == Method::options ||
           method == Method::trace;
}

}  // namespace troika::http
