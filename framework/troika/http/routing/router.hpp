#pragma once

#include <troika/http/handler.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace troika::http {

// Routes by path and method. A pattern is literal segments and `{name}` parts, each one segment; a
// last
// `{name*}` takes the rest of the path, slashes included. Literals win over parts, parts over the
// rest.
//
// Answered by the router itself: 404, 405 with Allow, HEAD where GET is routed, OPTIONS of a path
// and of
// "*" with Allow, 501 for methods nobody knows. A path is compared decoded, segment by segment, so
// "/pl%61in" finds "/plain" and an escaped slash never makes a new segment.
//
//   Lifetime      Filled before the server starts, then left alone; outlives the server.
//   Threads       resolve() is const and may be called from any.
//   Errors        add() throws Error for a malformed pattern, and for a second route with the same
//                 method and shape, naming both.
class Router final {
  public:
    Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;
    ~Router();

    // endpoint.pattern is the pattern. The endpoint may be adjusted until the server starts.
    Endpoint& add(Method method, Endpoint endpoint);

    // Makes no allocation for paths without parts.
    const Endpoint& resolve(const RequestHead& head, PathParameters& parameters) const;
    Resolve resolver() const;

    struct Route {
        Method method;
        const Endpoint* endpoint;
    };
    // In the order they were added.
    const std::vector<Route>& routes() const noexcept { return routes_; }

  private:
    struct Node;
    struct Tables;

    std::vector<Route> routes_;
    std::unique_ptr<Tables> tables_;
};

}  // namespace troika::http

namespace troika {
using http::Router;
}
