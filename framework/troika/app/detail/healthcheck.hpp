#pragma once

#include <cstdint>
#include <string>

namespace troika::detail {

struct HealthcheckResult {
    bool healthy = false;
    std::string text;  // for people, one line
};

// Asks the service that listens on `address` (0.0.0.0 and :: mean this machine) whether it is ready.
// Blocking, at most about 6 s; for the container's HEALTHCHECK.
HealthcheckResult check_health(const std::string& address, std::uint16_t port);

}  // namespace troika::detail
