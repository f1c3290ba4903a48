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

}  // namespace techniques_test
