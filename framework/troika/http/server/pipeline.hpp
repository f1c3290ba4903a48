#pragma once

#include <troika/http/handler.hpp>
#include <troika/http/server/error_boundary.hpp>

namespace troika::http {

// What happens to a request between its head and its response, without any connection: resolve, handler,
// error boundary. The server's connections do exactly these steps around their reading and writing; tests
// and other codecs use respond().
class Pipeline final {
  public:
    explicit Pipeline(Resolve resolve, MapError map_error = {}, Observer* observer = nullptr)
        : resolve_(std::move(resolve)), boundary_(std::move(map_error), observer) {}

    const Endpoint& resolve(Request& request) const {
        return resolve_(request.head(), request.parameters());
    }
    const ErrorBoundary& boundary() const noexcept { return boundary_; }

    // Answers a complete request in a scope of its own with the endpoint's deadline, or with
    // `default_deadline`. Never throws what a handler threw; a cancel of the caller's scope cancels the
    // handler and comes back as its answer.
    Task<Response> respond(Request& request, std::chrono::milliseconds default_deadline) const;

  private:
    Resolve resolve_;
    ErrorBoundary boundary_;
};

}  // namespace troika::http
