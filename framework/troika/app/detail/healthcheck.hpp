#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troika::detail {

struct HealthcheckResult {
    bool healthy = false;
    std::string text;  // for people, one line
};

// Asks the service that listens on `address` (0.0.0.0 and :: mean this machine; unix:/run/service.sock has no
// port) whether it is ready.
// Blocking, for the container's HEALTHCHECK: at most `limit` to connect and be answered: less than
// the 3 s after which its engine kills it, so that the reason can still be told.
HealthcheckResult check_health(const std::string& address, std::uint16_t port,
                               std::chrono::milliseconds limit = std::chrono::seconds(2));

}  // namespace troika::detail
