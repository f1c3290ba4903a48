#pragma once

#include <troika/async/flow.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troika::http {

// One server-sent event (HTML standard, 9.2 "Server-sent events"). No aggregate, because GCC 12 destroys
// the members of a braced list in a co_yield twice:
//
//     co_yield ServerEvent("tick").with_id("7");
struct ServerEvent {
    explicit ServerEvent(std::string text = {}) : data(std::move(text)) {}
    ServerEvent&& with_id(std::string text) && { return id = std::move(text), std::move(*this); }
    ServerEvent&& with_kind(std::string text) && {
        return kind = std::move(text), std::move(*this);
    }
    ServerEvent&& with_retry(std::chrono::milliseconds after) && {
        return retry = after, std::move(*this);
    }

    std::string data;  // any text; a client sees every line break in it as LF
    std::string kind;  // the field `event`; empty: "message"
    std::string id;    // what a client that reconnects sends back as Last-Event-ID
    std::optional<std::chrono::milliseconds> retry;  // how long it waits before it reconnects
};

// As it is sent. Throws Error for a line break in `kind` or `id`, and NUL in `id`: they would begin
// another field.
std::string to_text(const ServerEvent& event);

struct EventOptions {
    std::chrono::milliseconds heartbeat{15'000};  // a comment after so long a silence
};

// Answers with events as they come, until the generator ends, the client goes (it is cancelled with
// client_gone: at a closed connection, or at the first heartbeat that cannot be delivered), or the
// service drains (cancelled with shutdown, after which it may still yield a last event).
//
//     Flow<ServerEvent> ticks(std::string after) { ... co_yield ServerEvent("tick").with_id("7"); ... }
//     Task<Response> handler(Request& request) {
//         co_return events(ticks(std::string(last_event_id(request))));
//     }
Response events(Flow<ServerEvent> events, EventOptions options = {});

// Empty where the client begins anew. A view into the request, which outlives its answer.
std::string_view last_event_id(const Request& request) noexcept;

}  // namespace troika::http

namespace troika {
using http::ServerEvent;
}
