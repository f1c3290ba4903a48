#include "tasks.hpp"

#include <troika/async/gather.hpp>
#include <troika/async/task_handle.hpp>
#include <troika/base/error.hpp>
#include <troika/http/middleware/rate_limit.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/testing/async_test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using http::Handler;
using http::Peer;
using troika::testing::now;

namespace {

Task<Response> answer_ok(Request&) { co_return Response::text("ok"); }

// A limited handler, asked by clients at addresses.
struct Limited {
    explicit Limited(RateLimitOptions options)
        : middleware(rate_limit(metrics, std::move(options))), handler(middleware(answer_ok)) {}

    Task<Response> ask(std::string address = "192.0.2.1") {
        Request request(Method::get, "/");
        request.set_peer(Peer::from_text(address).value());
        Task<Response> task = handler(request);
        co_return co_await std::move(task);
    }
    // The status, and when it came, in milliseconds.
    Task<std::pair<int, long>> timed(Clock::TimePoint began) {
        const Response response = co_await ask();
        co_return std::pair(http::to_int(response.status()), (now() - began) / 1ms);
    }

    Metrics metrics;
    Middleware middleware;
    Handler handler;
};

}  // namespace

ASYNC_TEST_CASE(
    "rate 5, burst 2: of 15 calls at once two are answered and 13 refused, in no time") {
    Limited limited({.rate = 5, .burst = 2});
    const auto began = now();
    std::vector<int> statuses;
    for (int i = 0; i < 15; ++i) {
        const Response response = co_await limited.ask();
        statuses.push_back(http::to_int(response.status()));
    }
    CHECK(std::count(statuses.begin(), statuses.begin() + 2, 200) == 2);
    CHECK(std::count(statuses.begin() + 2, statuses.end(), 429) == 13);
    CHECK(now() == began);
    CHECK_THAT(limited.metrics.render(),
               Catch::Contains("troika_http_rate_limited_total{limit=\"default\"} 13"));
}

ASYNC_TEST_CASE("rate 5, burst 2: 15 calls that may wait take 2.6 s, each at its time") {
    Limited limited({.rate = 5, .burst = 2, .max_wait = 1min});
    std::vector<Task<std::pair<int, long>>> calls;
    const auto began = now();
    for (int i = 0; i < 15; ++i) calls.push_back(limited.timed(began));
    const auto outcomes = co_await gather(std::move(calls));
    std::vector<std::pair<int, long>> wanted{{200, 0}};
    for (long at = 0; at <= 2600; at += 200) wanted.emplace_back(200, at);
    CHECK(outcomes == wanted);
}

ASYNC_TEST_CASE("a client that comes back when it is told to is answered") {
    Limited limited({.rate = 0.5, .burst = 1});
    const auto began = now();
    for (int i = 0; i < 5; ++i) {
        const Response first = co_await limited.ask();
        CHECK(first.status() == Status::ok);
        const Response refused = co_await limited.ask();
        CHECK(refused.status() == Status::too_many_requests);
        CHECK(refused.headers().get("retry-after") == "2");
        co_await sleep_for(2s);
    }
    CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE("the refusal is a problem that says what to do; less than a second is one second") {
    Limited limited({.rate = 100, .burst = 1});
    const Response first = co_await limited.ask();
    const Response refused = co_await limited.ask();
    CHECK(refused.headers().get("content-type") == "application/problem+json");
    CHECK(refused.headers().get("retry-after") == "1");
    CHECK_THAT(std::string(refused.body_view()),
               Catch::Contains("urn:problem:rate-limited") && Catch::Contains("\"status\":429"));
}

ASYNC_TEST_CASE("who would wait longer than allowed is refused at once, and told the rest") {
    Limited limited({.rate = 1, .burst = 1, .max_wait = 3s});
    const auto began = now();
    std::vector<Task<std::pair<int, long>>> calls;
    for (int i = 0; i < 6; ++i) calls.push_back(limited.timed(began));
    const auto outcomes = co_await gather(std::move(calls));
    CHECK(outcomes == std::vector<std::pair<int, long>>{
                          {200, 0}, {200, 1000}, {200, 2000}, {200, 3000}, {429, 0}, {429, 0}});
}

ASYNC_TEST_CASE("each client has its own rate, or everybody one") {
    Limited each({.rate = 1, .burst = 1});
    Limited all({.rate = 1, .burst = 1, .whose = RateLimitOptions::Whose::everybody});
    std::vector<int> statuses;
    for (Limited* limited : {&each, &all}) {
        for (const char* address : {"192.0.2.1", "192.0.2.2"}) {
            const Response response = co_await limited->ask(address);
            statuses.push_back(http::to_int(response.status()));
        }
    }
    CHECK(statuses == std::vector<int>{200, 200, 200, 429});
}

ASYNC_TEST_CASE("a client that goes away while it waits gives its place up") {
    Limited limited({.rate = 1, .burst = 1, .max_wait = 1min});
    const Response first = co_await limited.ask();
    const auto began = now();
    const auto body = [&](TaskGroup& group) -> Task<> {
        auto gone = group.start("gone", limited.timed(began));
        auto stays = group.start("stays", limited.timed(began));
        co_await sleep_for(500ms);
        gone.cancel(CancelReason::client_gone);
        const auto outcome = co_await stays.join();
        CHECK(outcome == std::pair(200, 1000L));
    };
    co_await with_task_group("requests", body);
}

ASYNC_TEST_CASE("one object for two handlers is one limit for both") {
    Metrics metrics;
    const Middleware limit = rate_limit(metrics, {.rate = 1, .burst = 1});
    const Handler first = limit(answer_ok);
    const Handler second = limit(answer_ok);
    Request request(Method::get, "/");
    Task<Response> one = first(request);
    const Response answered = co_await std::move(one);
    CHECK(answered.status() == Status::ok);
    Task<Response> two = second(request);
    const Response refused = co_await std::move(two);
    CHECK(refused.status() == Status::too_many_requests);
}

TEST_CASE("limits that would let nobody through are refused before the start") {
    Metrics metrics;
    CHECK_THROWS_AS(rate_limit(metrics, {.rate = 0}), Error);
    CHECK_THROWS_AS(rate_limit(metrics, {.rate = -1}), Error);
    CHECK_THROWS_AS(rate_limit(metrics, {.burst = 0}), Error);
    CHECK_THROWS_AS(rate_limit(metrics, {.max_clients = 0}), Error);
}
