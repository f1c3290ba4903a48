#pragma once

#include <chrono>

namespace troika::workers::detail {

// A century is as good as for ever, and can be added to a time without running over.
template <typename Rep, typename Period>
constexpr std::chrono::duration<Rep, Period> bounded(
    std::chrono::duration<Rep, Period> duration) noexcept {
    constexpr std::chrono::hours kCentury(24 * 36'525);
    return duration < kCentury ? duration : std::chrono::duration<Rep, Period>(kCentury);
}

}  // namespace troika::workers::detail
