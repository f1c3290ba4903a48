#include <troika/async/event_loop.hpp>
#include <troika/async/sleep.hpp>
#include <troika/async/task_group.hpp>
#include <troika/async/timers.hpp>
#include <troika/http/server/pipeline.hpp>
#include <troika/testing/clock.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace troika;
using namespace std::chrono_literals;
using http::Endpoint;
using http::PathParameters;
using http::Pipeline;

namespace {

// One endpoint for every request, on a loop whose time is the test's.
struct PipelineFixture {
    PipelineFixture() { endpoint.pattern = "/items/{id}"; }

    Pipeline pipeline(http::Observer* observer = nullptr) {
        const auto resolve = [this](const RequestHead&, PathParameters& found) -> const Endpoint& {
            found.add("id", "7");
            return endpoint;
        };
        return Pipeline(resolve, {}, observer);
    }
    Response respond(std::chrono::milliseconds default_deadline = 30s) {
        const Pipeline line = pipeline();
        return loop.run(line.respond(request, default_deadline));
    }

    testing::VirtualClock clock;
    EventLoop loop{{.clock = &clock}};
    Endpoint endpoint;
    Request request{Method::get, "/items/7"};
};

Task<Response> wait_a_minute(Request&) {
    Sleep minute{60s};
    co_await minute;
    co_return Response::text("after a minute");
}

Task<> note_status(const Pipeline& pipeline, Request& request, int& status) {
    Task<Response> work = pipeline.respond(request, 30s);
    const Response response = co_await std::move(work);
    status = to_int(response.status());
}

}  // namespace

TEST_CASE_METHOD(PipelineFixture,
                 "a handler finds its route, parameters, deadline and scope in place") {
    const auto began = clock.now();
    endpoint.handler = [&](Request& asked) -> Task<Response> {
        const Scope& scope = *current_scope();
        CHECK(&asked == &request);
        CHECK(asked.route() == "/items/{id}");
        CHECK(asked.parameter("id") == "7");
        CHECK(asked.deadline() == began + 30s);
        CHECK(scope.name() == "/items/{id}");
        CHECK(scope.context() == &request);
        CHECK(scope.deadline() == began + 30s);
        co_return Response::text("here");
    };
    CHECK(respond().body_view() == "here");
    CHECK(loop.timers().empty());
}

TEST_CASE_METHOD(PipelineFixture,
                 "a handler past the default deadline is cancelled and answered with 504") {
    endpoint.handler = wait_a_minute;
    const auto began = clock.now();
    CHECK(respond(10s).status() == Status::gateway_timeout);
    CHECK(clock.now() == began + 10s);
    CHECK(loop.timers().empty());
}

TEST_CASE_METHOD(PipelineFixture,
                 "an endpoint's own deadline wins over the default, shorter or longer") {
    endpoint.handler = wait_a_minute;
    endpoint.limits.deadline = 2s;
    const auto began = clock.now();
    CHECK(respond(10s).status() == Status::gateway_timeout);
    CHECK(clock.now() == began + 2s);
    endpoint.limits.deadline = 90s;
    CHECK(respond(10s).body_view() == "after a minute");
    CHECK(clock.now() == began + 62s);
}

TEST_CASE_METHOD(PipelineFixture,
                 "what a handler throws is answered, from a coroutine or before it") {
    endpoint.handler = [](Request&) -> Task<Response> {
        throw HttpError(Status::conflict, "not now");
        co_return Response();
    };
    CHECK(respond().status() == Status::conflict);
    endpoint.handler = [](Request&) -> Task<Response> { throw std::runtime_error("inner"); };
    CHECK(respond().status() == Status::internal_server_error);
}

TEST_CASE_METHOD(PipelineFixture,
                 "what goes wrong reaches the observer with the endpoint's pattern") {
    struct Listener final : http::Observer {
        void on_request_failed(const Request&, std::string_view pattern,
                               std::string_view what) noexcept override {
            heard = std::string(pattern) + ": " + std::string(what);
        }
        std::string heard;
    } listener;
    endpoint.handler = [](Request&) -> Task<Response> { throw std::runtime_error("inner"); };
    const Pipeline line = pipeline(&listener);
    (void)loop.run(line.respond(request, 30s));
    CHECK(listener.heard == "/items/{id}: inner");
}

TEST_CASE_METHOD(PipelineFixture,
                 "a cancel of the caller cancels the handler and comes back as its answer") {
    endpoint.handler = wait_a_minute;
    const Pipeline line = pipeline();
    int status = 0;
    TaskGroup group(loop.root(), "requests");
    group.spawn("request", note_status(line, request, status));
    clock.advance(loop, 1s);
    CHECK(status == 0);
    group.cancel(CancelReason::shutdown);
    loop.run(group.join());
    CHECK(status == 503);
    CHECK(loop.timers().empty());
}
