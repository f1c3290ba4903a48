#pragma once

#include <troika/async/task.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace troika::http {

// A body that comes piece by piece, pulled by whoever needs the next piece: no piece is asked for
// before the one before it went out, so a slow reader slows the source.
//
//   Lifetime      Outlives the pull that is under way.
//   Threads       Event-loop thread only.
//   Errors        next() may throw; a response stream that throws ends its connection.
//   Cancellation  next() runs in the request's scope.
class Stream {
  public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

    // The next piece, valid until the next call; nothing at the end. Pieces may be empty.
    virtual Task<std::optional<std::string_view>> next() = 0;

    // The number of bytes all pieces have together, where it is known from the start: sent as
    // Content-Length (else chunked), and a stream that keeps it not is cut.
    virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};

}  // namespace troika::http

namespace troika {
using http::Stream;
}
