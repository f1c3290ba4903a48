#include <troika/base/error.hpp>
#include <troika/http/routing/router.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace troika;
using Catch::Matchers::Contains;
using http::PathParameters;

namespace {

void route(Router& router, Method method, const std::string& pattern) {
    http::Endpoint endpoint;
    endpoint.pattern = pattern;
    router.add(method, std::move(endpoint));
}

struct Found {
    std::string pattern;
    PathParameters parameters;
};

Found find(const Router& router, Method method, const std::string& target) {
    Found found;
    found.pattern = router.resolve(RequestHead(method, target), found.parameters).pattern;
    return found;
}

// Runs a handler that never suspends.
Response answer(const Router& router, Method method, const std::string& target) {
    Request request(method, target);
    const http::Endpoint& endpoint = router.resolve(request.head(), request.parameters());
    Task<Response> task = endpoint.handler(request);
    auto& promise = task.handle().promise();
    REQUIRE_FALSE(promise.start(task.handle(), {}, nullptr));
    return promise.take();
}

}  // namespace

TEST_CASE("literals win over parts and parts over the rest") {
    Router router;
    route(router, Method::get, "/files/{path*}");
    route(router, Method::get, "/files/{name}");
    route(router, Method::get, "/files/special");
    CHECK(find(router, Method::get, "/files/special").pattern == "/files/special");
    CHECK(find(router, Method::get, "/files/other").pattern == "/files/{name}");
    const Found deep = find(router, Method::get, "/files/a/b%20c");
    CHECK(deep.pattern == "/files/{path*}");
    CHECK(deep.parameters.get("path") == "a/b c");
}

TEST_CASE("a wrong turn at a literal is taken back") {
    Router router;
    route(router, Method::get, "/a/b/x");
    route(router, Method::get, "/a/{p}/y");
    route(router, Method::post, "/a/b");
    route(router, Method::get, "/a/{q}");
    const Found found = find(router, Method::get, "/a/b/y");
    CHECK(found.pattern == "/a/{p}/y");
    CHECK(found.parameters.get("p") == "b");
    CHECK(find(router, Method::get, "/a/b").pattern == "/a/{q}");
}

TEST_CASE("parameters are decoded and an escaped slash makes no new segment") {
    Router router;
    route(router, Method::get, "/u/{id}/posts/{post}");
    const Found found = find(router, Method::get, "/u/a%2Fb/posts/%C3%A4");
    CHECK(found.pattern == "/u/{id}/posts/{post}");
    CHECK(found.parameters.get("id") == "a/b");
    CHECK(found.parameters.get("post") == "\xc3\xa4");
    CHECK(find(router, Method::get, "/u%2Fa/posts/b").pattern == "(not found)");
    CHECK(find(router, Method::get, "/u//posts/b").pattern == "(not found)");
}

TEST_CASE("a literal is found in any spelling") {
    Router router;
    route(router, Method::get, "/plain text");
    route(router, Method::get, "/ping");
    CHECK(find(router, Method::get, "/plain%20text").pattern == "/plain text");
    CHECK(find(router, Method::get, "/%70ing").pattern == "/ping");
    CHECK(find(router, Method::get, "/ping/").pattern == "(not found)");
}

TEST_CASE("two routes for the same requests are refused, naming both") {
    Router router;
    route(router, Method::get, "/a/{id}");
    CHECK_THROWS_WITH(route(router, Method::get, "/a/{name}"),
                      Contains("GET /a/{name}") && Contains("GET /a/{id}"));
    CHECK_NOTHROW(route(router, Method::put, "/a/{name}"));
    CHECK(find(router, Method::put, "/a/1").parameters.get("name") == "1");
    CHECK(find(router, Method::get, "/a/1").parameters.get("id") == "1");
}

TEST_CASE("malformed patterns are refused with a reason") {
    Router router;
    for (const char* pattern : {"", "a", "/a{b}", "/{", "/{}", "/{a b}", "/{x}/{x}", "/{r*}/b",
                                "/a?b", "/../a", "/a%20b"}) {
        INFO(pattern);
        CHECK_THROWS_WITH(route(router, Method::get, pattern),
                          Contains("route '" + std::string(pattern) + "'"));
    }
}

TEST_CASE("HEAD falls to GET unless it is routed itself") {
    Router router;
    route(router, Method::get, "/a");
    route(router, Method::get, "/b/{x}");
    CHECK(find(router, Method::head, "/a").pattern == "/a");
    CHECK(find(router, Method::head, "/b/1").parameters.get("x") == "1");
}

TEST_CASE("a wrong method is 405 with Allow, a wrong path 404, an unknown method 501") {
    Router router;
    route(router, Method::get, "/a");
    route(router, Method::post, "/a");
    const Response refused = answer(router, Method::put, "/a");
    CHECK(refused.status() == Status::method_not_allowed);
    CHECK(refused.headers().get("allow") == "GET, HEAD, POST, OPTIONS");
    CHECK(answer(router, Method::get, "/b").status() == Status::not_found);
    CHECK(answer(router, Method::unknown, "/a").status() == Status::not_implemented);
}

TEST_CASE("OPTIONS tells the methods of a path and of the server") {
    Router router;
    route(router, Method::delete_, "/a/{id}");
    const Response path = answer(router, Method::options, "/a/1");
    CHECK(path.status() == Status::no_content);
    CHECK(path.headers().get("allow") == "DELETE, OPTIONS");
    CHECK(answer(router, Method::options, "*").status() == Status::no_content);
    CHECK(answer(router, Method::options, "/b").status() == Status::not_found);
}
