#pragma once

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/response.hpp>

#include <string_view>

namespace troika::http {

// The answer to a failed request as application/problem+json (RFC 9457): type, title, status,
// detail, request_id. `request_id` may be empty.
Response problem(const HttpError& error, std::string_view request_id);
Response problem(Status status, std::string_view detail, std::string_view request_id);

}  // namespace troika::http
