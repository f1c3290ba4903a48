#include <troika/base/error.hpp>
#include <troika/http/middleware/middleware.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troika;
using http::Handler;

namespace {

Task<Response> answer_path(Request& request) {
    co_return Response::text("[" + std::string(request.target()) + "]");
}

Task<Response> call_between(const Handler& next, Request& request, const std::string& mark) {
    Task<Response> task = next(request);
    const Response inner = co_await std::move(task);
    co_return Response::text(mark + std::string(inner.body_view()) + mark);
}

Middleware marking(std::string mark) {
    return [mark](Handler next) -> Handler {
        return [mark, next](Request& request) { return call_between(next, request, mark); };
    };
}

}  // namespace

ASYNC_TEST_CASE("the first middleware is the outermost") {
    const Handler handler = http::compose({marking("a"), marking("b"), marking("c")}, answer_path);
    Request request(Method::get, "/x");
    Task<Response> task = handler(request);
    const Response response = co_await std::move(task);
    CHECK(response.body_view() == "abc[/x]cba");
}

TEST_CASE("without middleware a handler is what it was, and is not wrapped") {
    using Function = Task<Response> (*)(Request&);
    const Handler handler = http::compose({}, Handler(Function(&answer_path)));
    REQUIRE(handler.target<Function>() != nullptr);
    CHECK(*handler.target<Function>() == &answer_path);
}

TEST_CASE("a middleware is asked once for each handler, before any request") {
    int asked = 0;
    const Middleware counting = [&asked](Handler next) {
        ++asked;
        return next;
    };
    const Handler first = http::compose({counting}, answer_path);
    const Handler second = http::compose({counting}, answer_path);
    CHECK(asked == 2);
}

TEST_CASE("a middleware that gives no handler is told of at once") {
    const Middleware broken = [](const Handler&) { return Handler(); };
    CHECK_THROWS_AS(http::compose({broken}, answer_path), Error);
}
