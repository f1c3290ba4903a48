#pragma once

#include <poll.h>

#include <chrono>

namespace troika::testing {

inline constexpr std::chrono::seconds kBound{20};  // ends a test that hangs; asserts no speed

// Looks until `condition` holds; false when it does not within `bound`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds bound = kBound) {
    const auto limit = std::chrono::steady_clock::now() + bound;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        constexpr int kBetweenLooks = 2;  // milliseconds
        ::poll(nullptr, 0, kBetweenLooks);
    }
    return true;
}

}  // namespace troika::testing
