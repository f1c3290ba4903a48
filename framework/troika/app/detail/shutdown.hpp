#pragma once

#include <troika/app/settings.hpp>
#include <troika/async/task.hpp>

#include <cstddef>

namespace troika::http {
class Server;
}

namespace troika::detail {

class Running;

struct ShutdownReport {
    std::size_t cut = 0;           // requests that were cut
    std::size_t busy_threads = 0;  // threads that did not return: end the process by _exit
    bool clean() const noexcept { return cut == 0 && busy_threads == 0; }
};

// The ladder, from the first signal to the last stop hook. Takes at most settings.longest(stop hooks),
// which
// the watchdog enforces.
Task<ShutdownReport> shut_down(http::Server& server, Running& running,
                               const ShutdownSettings& settings);

}  // namespace troika::detail
