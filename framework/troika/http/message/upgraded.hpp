#pragma once

#include <troika/async/task.hpp>

#include <string_view>

namespace troika::http {

// A connection after 101 Switching Protocols: plain bytes both ways.
//
//   Lifetime      Until the upgrade function returns; then it is closed.
//   Threads       Event-loop thread only; one reader or writer at a time.
//   Errors        IoError when the connection breaks.
//   Cancellation  Both verbs.
class Upgraded {
  public:
    Upgraded() = default;
    Upgraded(const Upgraded&) = delete;
    Upgraded& operator=(const Upgraded&) = delete;
    virtual ~Upgraded() = default;

    // What has arrived, at least one byte, valid until the next call; empty once the peer has
    // ended.
    virtual Task<std::string_view> read() = 0;
    // Returns when all of it is with the kernel. The bytes must outlive the call.
    virtual Task<> write(std::string_view bytes) = 0;
};

}  // namespace troika::http
