#pragma once

#include <troika/http/message/status.hpp>

#include <string_view>

namespace troika::http {

// Why bytes are no request of ours: what to answer. The text is a literal, meant for the client.
struct Refusal {
    Status status = Status::bad_request;
    std::string_view text;
};

}  // namespace troika::http
