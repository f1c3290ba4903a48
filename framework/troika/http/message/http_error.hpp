#pragma once

#include <troika/base/error.hpp>
#include <troika/http/message/headers.hpp>
#include <troika/http/message/status.hpp>

#include <string>
#include <string_view>

namespace troika::http {

// Thrown to end a request with `status` and a text meant for the client. Of all exceptions only
// this one's text ever reaches a client, as problem+json (RFC 9457).
class HttpError : public Error {
  public:
    HttpError(Status status, const std::string& public_text)
        : Error(public_text), status_(status), text_(public_text) {}

    // what(), also where that has a NUL in it.
    std::string_view text() const noexcept { return text_; }
    Status status() const noexcept { return status_; }
    // Empty: the reason phrase of the status names the kind of problem.
    std::string_view type() const noexcept { return type_; }
    const Headers& headers() const noexcept { return headers_; }

    // A short name for the kind of problem, unique in the service: "worker-died".
    HttpError& with_type(std::string type) & {
        type_ = std::move(type);
        return *this;
    }
    HttpError&& with_type(std::string type) && { return std::move(with_type(std::move(type))); }
    // A further field of the answer: Retry-After, Allow, WWW-Authenticate.
    HttpError& with_header(std::string_view name, std::string_view value) & {
        headers_.set(name, value);
        return *this;
    }
    HttpError&& with_header(std::string_view name, std::string_view value) && {
        return std::move(with_header(name, value));
    }

  private:
    Status status_;
    std::string text_;
    std::string type_;
    Headers headers_;
};

}  // namespace troika::http

namespace troika {
using http::HttpError;
}
