#pragma once

#include <troika/async/cancelled.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/status.hpp>

#include <chrono>
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
    // Something about the server itself: no descriptors left, ...
    virtual void on_trouble(std::string_view /*what*/) noexcept {}
};

}  // namespace troika::http
