#pragma once

#include <troika/http/handler.hpp>

#include <functional>
#include <vector>

namespace troika::http {

// Puts a handler around another one: gets what comes next, gives what is called in its place.
//
//     Handler with_timing(Handler next) {
//         return [next](Request& request) { return timed(next, request); };   // timed() co_awaits next
//     }
//     app.use(with_timing);
//
// Called once for each route, when the service starts, so a route has a handler as before and an app
// without middleware pays nothing. What it gives is kept as long as the route and may hold state.
//
//   Order         The first one given is the outermost. Those of the app are around those of a route
//                 (RouteOptions::middleware); the error boundary is around all of them.
//   Reach         The routes of the app, wherever their handlers run; on the loop, in the request's
//                 scope and under its deadline. Not the built-in routes (health, metrics, tasks), not
//                 404 and 405, which no route answers.
//   Body          As its route has it: read to the end before the first middleware begins, or, with
//                 stream_body, not at all.
//   Errors        What it throws is answered by the error boundary; what the next one throws passes
//                 through.
using Middleware = std::function<Handler(Handler next)>;

// `handler` inside all of them.
Handler compose(const std::vector<Middleware>& middleware, Handler handler);

}  // namespace troika::http

namespace troika {
using http::Middleware;
}
