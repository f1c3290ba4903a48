#pragma once

#include <troika/async/task.hpp>

#include <cstdint>
#include <string>

namespace troika::testing {

// The body of GET http://127.0.0.1:port/target, on a connection of its own, awaited on the current
// loop. Throws Error for another status than 200, IoError where the connection fails. A cancel closes it.
Task<std::string> fetch(std::uint16_t port, std::string target);

}  // namespace troika::testing
