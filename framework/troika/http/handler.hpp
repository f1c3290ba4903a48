#pragma once

#include <troika/http/message/path_parameters.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/request_head.hpp>
#include <troika/http/message/response.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

// The hinge: all that server, routing, middleware and client know of each other.
namespace troika::http {

// Answers a request. The request outlives the task. What it throws is answered by the error
// boundary.
using Handler = std::function<Task<Response>(Request&)>;

enum class BodyMode : std::uint8_t {
    none,         // not read: skipped after the answer, or the connection is closed
    buffered,     // the handler is called once the body is there, on the heap
    memory_file,  // buffered; above 1 MB in a sealed memory file
    stream        // the handler is called with the head and pulls the body
};

enum class OnClientGone : std::uint8_t {
    by_method,  // cancel for GET and HEAD, finish for all others
    cancel,     // the request's scope is cancelled with reason client_gone
    // The handler runs to its end and its answer is dropped. One that comes piece by piece is pulled to its
    // end too, within the route's deadline from then on; an endless one is cancelled.
    finish
};

// What one route allows. Unset: the server's default.
struct EndpointLimits {
    std::optional<std::chrono::milliseconds> deadline;  // head complete to response ready
    std::optional<std::size_t> body;                    // bytes
};

struct Endpoint {
    Handler handler;
    std::string pattern;  // "/documents/{id}", as metrics and logs name it
    EndpointLimits limits;
    BodyMode body = BodyMode::buffered;
    OnClientGone on_client_gone = OnClientGone::by_method;
    bool health = false;  // a probe: exempt from shedding, served while draining
};

inline bool cancels_when_gone(const Endpoint& endpoint, Method method) noexcept {
    if (endpoint.on_client_gone != OnClientGone::by_method)
        return endpoint.on_client_gone == OnClientGone::cancel;
    return method == Method::get || method == Method::head;
}

// Finds who answers, when the head is complete and before the first body byte; also for "not found"
// and "method not allowed". The endpoint outlives every request. Fills in what the `{name}` parts
// matched. Must not throw.
using Resolve = std::function<const Endpoint&(const RequestHead&, PathParameters&)>;

}  // namespace troika::http
