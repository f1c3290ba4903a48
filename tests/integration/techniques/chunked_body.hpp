#pragma once

#include "socket_client.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace techniques_test {

// Reads an answer's body piece by piece, decoded, while it comes. False when it did not come whole.
bool read_body(troika::testing::SocketClient& client,
               const std::function<void(std::string_view)>& take);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;  // slow, and what is freed is kept for a while
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace techniques_test
