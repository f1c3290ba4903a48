#pragma once

#include <source_location>
#include <string_view>

namespace troika::detail {

[[noreturn]] void check_failed(std::string_view expression, std::string_view message,
                               std::source_location where) noexcept;

}  // namespace troika::detail

// A bug, not an error: prints location, condition and message to stderr, then aborts. It is there in
// every build type, because a service that goes on with a broken invariant loses data quietly.
#define TROIKA_CHECK(condition, message)                                                          \
    do {                                                                                          \
        if (!(condition)) [[unlikely]]                                                            \
            ::troika::detail::check_failed(#condition, message, std::source_location::current()); \
    } while (false)
