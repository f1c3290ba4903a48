#pragma once

#include <troika/http/message/http_error.hpp>
#include <troika/http/message/request.hpp>
#include <troika/http/message/response.hpp>
#include <troika/http/server/observer.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string_view>

namespace troika::http {

// How errors of layers that http may not know become answers (a dead worker: 500 `worker-died`).
// Nothing: not one of those.
using MapError = std::function<std::optional<HttpError>(const std::exception&)>;

// The one place where what a handler threw becomes an answer.
//
//   HttpError                 as it is
//   what map_error knows      as it says
//   TimeoutError, deadline    504
//   Overloaded                503 with Retry-After, its cause as the type: `queue-full`, `waited-too-long`,
//                             `suspended`, `no-worker`
//   Stopped, shutdown         503
//   anything else             500 without a word of the inner text, which goes to the observer
//
//   Threads       Event-loop thread only.
class ErrorBoundary final {
  public:
    explicit ErrorBoundary(MapError map_error = {}, Observer* observer = nullptr)
        : map_error_(std::move(map_error)), observer_(observer) {}

    Response answer(const std::exception_ptr& error, const Request& request,
                    std::string_view pattern) const;

  private:
    Response fail(const Request& request, std::string_view pattern, std::string_view what) const;

    MapError map_error_;
    Observer* observer_;
};

}  // namespace troika::http
