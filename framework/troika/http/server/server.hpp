#pragma once

#include <troika/base/unique_fd.hpp>
#include <troika/http/server/options.hpp>
#include <troika/http/server/pipeline.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troika::http {

struct ServerStats {
    std::size_t connections = 0;
    std::size_t in_request = 0;
    std::size_t max_connections = 0;
    std::uint64_t turns = 0;         // given to connections that moved much, since the beginning
    std::size_t buffered_bytes = 0;  // held for bodies: at most twice what has come, and 16 KB each
};

// Serves HTTP/1.1 on listening sockets it is given.
//
//     Server server(loop, Pipeline(router.resolver()), {}, observer);
//     server.listen(std::move(listening.socket));
//     ...
//     co_await server.drain();
//     co_await server.stop();
//
//   Lifetime      Older than nothing it serves: endpoints and observer outlive it. Await stop() before
//                 destruction.
//   Threads       Event-loop thread only.
//   Errors        listen() throws IoError. Trouble with one connection ends that connection.
//   Cancellation  drain() may be given up at any time; nothing is cut by that.
class Server final {
  public:
    // `observer` may be null.
    Server(EventLoop& loop, Resolve resolve, const ServerOptions& options = {},
           Observer* observer = nullptr, MapError map_error = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    void listen(UniqueFd listener);

    // Takes over body_limit, body_rate, deadline and timeouts, for what begins or waits from now on.
    void set_limits(const ServerOptions& options) noexcept;

    // From now on answers say Connection: close, while everything is still accepted and served.
    void start_lame_duck() noexcept;
    // Takes what is in the backlog, stops accepting, closes what is idle, lets requests finish with
    // Connection: close; returns when no connection is left. Half-sent requests count as idle once they
    // have been silent for half_sent_silence.
    Task<> drain();
    // Cancels every request under way with reason shutdown: 503 where no answer has begun. Returns the
    // patterns of those that were cut, "none" for one whose head is still coming; their connections end by
    // themselves.
    std::vector<std::string> cancel_requests();
    // Closes everything at once. Idempotent.
    Task<> stop();

    ServerStats stats() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace troika::http
