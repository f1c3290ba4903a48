#pragma once

#include <troika/async/task.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troika::http {

// What a response stream says while it has nothing to say: keeps proxies from closing a silent
// connection, and shows a client that is gone.
struct Heartbeat {
    std::string_view bytes;             // a literal; empty: none
    std::chrono::milliseconds every{};  // of silence
};

// A body that comes piece by piece, pulled by whoever needs the next piece: no piece is asked for
// before the one before it went out, so a slow reader slows the source.
//
//   Lifetime      Outlives the pull that is under way. A response stream is destroyed before its
//                 request.
//   Threads       Event-loop thread only.
//   Errors        next() may throw; a response stream that throws ends its connection.
//   Cancellation  next() runs in the request's scope. The handler's deadline does not count any more;
//                 a client that is gone cancels it (client_gone) where OnClientGone says so or the
//                 stream is endless; the beginning of a drain cancels an endless one (shutdown).
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

    // True for one that ends only when it is told to: a drain does not wait for it. What it still
    // gives after the cancel is sent, then the body ends in good order.
    virtual bool endless() const { return false; }

    // Sent while next() waits; for streams without length().
    virtual Heartbeat heartbeat() const { return {}; }
};

}  // namespace troika::http

namespace troika {
using http::Stream;
}
