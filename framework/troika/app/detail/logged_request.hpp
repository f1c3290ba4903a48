#pragma once

#include <troika/http/message/request.hpp>

namespace troika::detail {

// Names `request` in the log lines of this thread while it lives: for handlers on threads and in
// workers. On the loop the current scope tells (Scope::context).
class LoggedRequest final {
  public:
    explicit LoggedRequest(const Request& request) noexcept;
    LoggedRequest(const LoggedRequest&) = delete;
    LoggedRequest& operator=(const LoggedRequest&) = delete;
    ~LoggedRequest();
};

// Gives every log line of a request its `request_id`, its `route`, and its `trace_id` where the client sent a
// `traceparent` (log::set_context_provider).
void add_request_fields_to_log() noexcept;

}  // namespace troika::detail
