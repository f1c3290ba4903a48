#include <troika/app/app.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/middleware/rate_limit.hpp>
#include <troika/testing/client.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

// App::use and RouteOptions::middleware, through the pipeline of the real server.

using namespace troika;
using namespace std::chrono_literals;
using http::Handler;
using testing::TestClient;

namespace {

Response plain(const Request& request) {
    return Response::text("answer to " + std::string(request.path()));
}
Task<Response> fail(Request&) {
    throw HttpError(Status::conflict, "not now");
    co_return Response::no_content();
}

Task<Response> mark_answer(const Handler& next, Request& request, const std::string& mark) {
    const std::string route(request.route());
    Task<Response> task = next(request);
    Response response = co_await std::move(task);
    const std::string before(response.headers().get("x-marks").value_or(""));
    co_return std::move(response).header("X-Marks", before + mark).header("X-Route", route);
}
Middleware marking(std::string mark) {
    return [mark](Handler next) -> Handler {
        return [mark, next](Request& request) { return mark_answer(next, request, mark); };
    };
}

Task<Response> forbid(const Handler& next, Request& request) {
    if (request.header("authorization") != "secret")
        throw HttpError(Status::unauthorized, "who are you?");
    Task<Response> task = next(request);
    co_return co_await std::move(task);
}
Handler with_secret(Handler next) {
    return [next](Request& request) { return forbid(next, request); };
}

void counted_in_each_place(App& app) {
    app.get("/loop", on_loop(plain));
    app.use(marking("1"));
    app.get("/thread", on_thread(plain));
    app.get("/process", on_process(plain));
    RouteOptions inner;
    inner.middleware = {marking("3"), marking("4")};
    app.get("/inner", on_loop(plain), inner);
    app.get("/fail", fail);
    app.use(marking("2"));
    app.debug_tasks();
}

void guarded(App& app) {
    app.use(with_secret);
    app.get("/", on_thread(plain));
}

void limited(App& app) {
    app.use(rate_limit(app.metrics(), {.rate = 5, .burst = 2}));
    app.get("/", on_loop(plain));
}

void patient(App& app) {
    app.use(rate_limit(app.metrics(), {.rate = 5, .burst = 2, .max_wait = 10s}));
    app.get("/", on_loop(plain));
}

void one_strict_route(App& app) {
    RouteOptions strict;
    strict.middleware = {rate_limit(app.metrics(), {.rate = 1, .burst = 1, .name = "login"})};
    app.post("/login", on_loop(plain), strict);
    app.get("/", on_loop(plain));
}

}  // namespace

TEST_CASE("middleware is around the handlers of all three places, in the order of use()") {
    TestClient client(counted_in_each_place, {"--processes.processes", "1"});
    for (const std::string path : {"/loop", "/thread", "/process"}) {
        const auto response = client.get(path);
        CHECK(response.body == "answer to " + path);
        CHECK(response.header("x-marks") == "21");  // the inner one marks first
        CHECK(response.header("x-route") == path);
    }
    CHECK(client.get("/inner").header("x-marks") == "4321");
}

TEST_CASE("built-in routes, and what no route answers, have no middleware") {
    TestClient client(counted_in_each_place, {"--processes.processes", "1"});
    for (const char* path : {"/livez", "/readyz", "/metrics", "/debug/tasks"}) {
        CHECK(client.get(path).code() == 200);
        CHECK(client.get(path).header("x-marks").empty());
    }
    CHECK(client.get("/nowhere").header("x-marks").empty());
    CHECK(client.del("/loop").code() == 405);
}

TEST_CASE("what a handler throws passes through, and what a middleware throws is answered") {
    TestClient client(counted_in_each_place, {"--processes.processes", "1"});
    CHECK(client.get("/fail").code() == 409);
    CHECK(client.get("/fail").header("x-marks").empty());
    TestClient guard(guarded);
    CHECK(guard.get("/").code() == 401);
    CHECK(guard.get("/", {{"Authorization", "secret"}}).body == "answer to /");
}

TEST_CASE("a rate limit in front of an app: exact under virtual time") {
    testing::VirtualClock clock;
    TestClient client(limited, {}, &clock);
    const auto began = clock.now();
    int answered = 0;
    int asked = 0;
    for (; answered < 15; ++asked) {
        const auto response = client.get("/");
        if (response.code() == 200) {
            ++answered;
        } else {
            CHECK(response.code() == 429);
            CHECK(response.header("retry-after") == "1");
            CHECK(client.get("/livez").code() == 200);
            clock.advance(client.loop(), 100ms);
        }
    }
    CHECK(clock.now() - began == 2600ms);  // and not 1.3 s
    CHECK(asked == 15 + 26);
    CHECK(
        client.get("/metrics").body.find("troika_http_rate_limited_total{limit=\"default\"} 26") !=
        std::string::npos);
}

TEST_CASE("a rate limit that lets callers wait: 15 calls take 2.6 s") {
    testing::VirtualClock clock;
    TestClient client(patient, {}, &clock);
    const auto began = clock.now();
    for (int i = 0; i < 15; ++i) CHECK(client.get("/").code() == 200);
    CHECK(clock.now() - began == 2600ms);
}

TEST_CASE("a limit of one route leaves the others alone") {
    TestClient client(one_strict_route);
    CHECK(client.post("/login", "").code() == 200);
    CHECK(client.post("/login", "").code() == 429);
    for (int i = 0; i < 10; ++i) CHECK(client.get("/").code() == 200);
}
