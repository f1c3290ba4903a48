#pragma once

#include <cstdint>
#include <string>

namespace troika::testing {

// What wrk counted. Its rules: an answer that says Connection: close is a good one, and wrk connects
// anew by itself; `read` is every end, reset or malformed byte before an answer was complete; `connect`
// and `write` are refused connections for the most part.
struct WrkReport {
    std::string text;
    long requests = 0;  // answers that came whole
    long connect = 0;
    long read = 0;
    long write = 0;
    long timeout = 0;
    long not_ok = 0;  // status 400 and above
};

// Runs `wrk <options> http://127.0.0.1:<port><target>` to its end, from any thread. `text` is empty when
// it could not be run.
WrkReport run_wrk(const std::string& options, std::uint16_t port, const std::string& target);

}  // namespace troika::testing
