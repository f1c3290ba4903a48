#include <troika/async/deadline.hpp>
#include <troika/http/message/problem.hpp>
#include <troika/http/server/pipeline.hpp>

namespace troika::http {

Task<Response> Pipeline::respond(Request& request,
                                 std::chrono::milliseconds default_deadline) const {
    const Endpoint& endpoint = resolve(request);
    const std::chrono::milliseconds limit = endpoint.limits.deadline.value_or(default_deadline);
    Scope scope(*current_scope(), endpoint.pattern);
    const troika::detail::ScopeTimer timer(scope, limit);
    request.set_route(endpoint.pattern);
    scope.set_context(&request);
    request.set_deadline(scope.loop().now() + limit);
    scope.limit_deadline(*request.deadline());
    std::exception_ptr error;
    try {
        Task<Response> task = endpoint.handler(request);
        Response response = co_await run_in(scope, task);
        co_return response;
    } catch (...) {  // boundary: the error boundary answers
        error = std::current_exception();
    }
    co_return boundary_.answer(error, request, endpoint.pattern);
}

}  // namespace troika::http
