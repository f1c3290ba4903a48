#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/status.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troika::http {

// One request that has ended, however it did.
struct RequestRecord {
    std::string_view pattern;  // "/documents/{id}"; empty when no head was understood
    Method method = Method::unknown;
    Status status = Status::ok;           // what was sent, or would have been
    std::chrono::nanoseconds duration{};  // head complete to last byte given to the kernel's queue
    std::uint64_t received = 0;           // bytes of body
    std::uint64_t sent = 0;               // bytes of body
    const Request* request = nullptr;     // null when no head was understood
    const Peer* peer = nullptr;           // set when request is null
    std::optional<CancelReason> cancelled;  // why its handler was cancelled
};

// What a server does not let clients pass; each has its setting. docs: framework/README.md.
enum class Limit : std::uint8_t {
    head_time,                // 408: the head came too slowly
    head_size,                // 414, 431
    idle_time,                // closed between requests
    body_time,                // 408: below body_rate, or silent
    body_size,                // 413
    body_room,                // 503: max_buffered_bytes, after budget_wait
    handler_time,             // 504
    write_time,               // reset: nothing of the answer was taken
    connections,              // max_connections: an idle one was closed for one that waits
    connections_per_address,  // 503
    requests_per_connection,  // the last answer says Connection: close
    descriptors,              // 503: none left
    in_flight,                // 503: shed
    lag                       // 503: shed
};
inline constexpr std::size_t kLimits = 14;
std::string_view to_string(Limit limit) noexcept;

// What a server tells about itself. Plain calls on the loop thread; must not throw.
class Observer {
  public:
    virtual ~Observer() = default;
    virtual void on_connection_opened() noexcept {}
    virtual void on_connection_closed() noexcept {}
    // The head is complete and an endpoint found. Asking for the request's id() here puts it on the
    // answer.
    virtual void on_request_began(const Request&) noexcept {}
    virtual void on_request_ended(const RequestRecord&) noexcept {}
    // An exception that was no HttpError, with its text: for the log, never for the client.
    virtual void on_request_failed(const Request&, std::string_view /*pattern*/,
                                   std::string_view /*what*/) noexcept {}
    virtual void on_limit(Limit) noexcept {}
    // Something about the server itself: no descriptors left, ...
    virtual void on_trouble(std::string_view /*what*/) noexcept {}
};

}  // namespace troika::http
