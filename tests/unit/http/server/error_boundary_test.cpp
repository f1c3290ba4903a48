#include "json.hpp"

#include <troika/async/task_group.hpp>
#include <troika/http/server/error_boundary.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troika;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using http::ErrorBoundary;

namespace {

struct Listener final : http::Observer {
    void on_request_failed(const Request& request, std::string_view pattern,
                           std::string_view what) noexcept override {
        heard.push_back(std::string(request.id()) + " " + std::string(pattern) + ": " +
                        std::string(what));
    }
    std::vector<std::string> heard;
};

struct ErrorBoundaryFixture {
    ErrorBoundaryFixture() { request.set_id("r-1"); }

    template <typename E>
    Response answer(const E& error, http::MapError map_error = {}) {
        const ErrorBoundary boundary(std::move(map_error), &listener);
        return boundary.answer(std::make_exception_ptr(error), request, "/a/{b}");
    }
    static std::string text(const Response& response) { return std::string(response.body_view()); }

    Request request{Method::get, "/a/1"};
    Listener listener;
};

// An error of a layer that http may not know.
struct Foreign final : Error {
    using Error::Error;
};

std::optional<HttpError> map_foreign(const std::exception& error) {
    if (dynamic_cast<const Foreign*>(&error) == nullptr) return std::nullopt;
    return HttpError(Status::internal_server_error, "a worker died").with_type("worker-died");
}

}  // namespace

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "an HttpError is answered as it is and is nothing for the log") {
    const Response response =
        answer(HttpError(Status::conflict, "not now").with_header("retry-after", "5"));
    CHECK(response.status() == Status::conflict);
    CHECK(response.headers().get("retry-after") == "5");
    CHECK_THAT(text(response), Contains("not now") && Contains("\"r-1\""));
    CHECK(listener.heard.empty());
}

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "what nobody knows is 500 without its text, which the log gets") {
    const Response response = answer(std::runtime_error("password is hunter2"));
    CHECK(response.status() == Status::internal_server_error);
    CHECK_THAT(text(response), !Contains("hunter2") && Contains("\"r-1\""));
    CHECK(listener.heard == std::vector<std::string>{"r-1 /a/{b}: password is hunter2"});
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "what is no std::exception at all is 500 as well") {
    CHECK(answer(42).status() == Status::internal_server_error);
    REQUIRE(listener.heard.size() == 1);
    CHECK_THAT(listener.heard[0], Contains("no std::exception"));
}

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "errors of other layers are answered as map_error says, and logged") {
    const Response response = answer(Foreign("signal 11 in pid 7"), map_foreign);
    CHECK(response.status() == Status::internal_server_error);
    CHECK_THAT(text(response), Contains("urn:problem:worker-died") && !Contains("pid 7"));
    REQUIRE(listener.heard.size() == 1);
    CHECK_THAT(listener.heard[0], Contains("signal 11 in pid 7"));
}

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "map_error is asked before the family's own errors, and may pass") {
    const auto as_teapot = [](const std::exception&) {
        return std::optional(HttpError(static_cast<Status>(418), "tea"));
    };
    CHECK(answer(TimeoutError("late"), as_teapot).status() == static_cast<Status>(418));
    CHECK(answer(TimeoutError("late"), map_foreign).status() == Status::gateway_timeout);
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "a deadline that passed is 504, thrown or cancelled") {
    CHECK(answer(TimeoutError("SELECT took 3 s")).status() == Status::gateway_timeout);
    CHECK(answer(Cancelled{CancelReason::deadline}).status() == Status::gateway_timeout);
    CHECK_THAT(text(answer(TimeoutError("SELECT took 3 s"))), !Contains("SELECT"));
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "overload is 503 and says once when to come back") {
    const Response response = answer(Overloaded("queue of pool x full", 7s));
    CHECK(response.status() == Status::service_unavailable);
    CHECK(response.headers().size() == 2);
    CHECK(response.headers().get("retry-after") == "7");
    CHECK_THAT(text(response), !Contains("pool x"));
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "each cause of an overload has a type of its own") {
    using Cause = Overloaded::Cause;
    const auto type = [this](Cause cause) {
        const Response response = answer(Overloaded("job x of pool y", 30s, cause));
        CHECK(response.status() == Status::service_unavailable);
        CHECK(response.headers().get("retry-after") == "30");
        CHECK_THAT(text(response), !Contains("job x"));
        return troika::testing::json_of(text(response))["type"].get<std::string>();
    };
    CHECK(type(Cause::queue_full) == "urn:problem:queue-full");
    CHECK(type(Cause::waited_too_long) == "urn:problem:waited-too-long");
    CHECK(type(Cause::suspended) == "urn:problem:suspended");
    CHECK(type(Cause::no_worker) == "urn:problem:no-worker");
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "a service that stops is 503 with Retry-After") {
    for (const Response& response :
         {answer(Stopped("the pool has stopped")), answer(Cancelled{CancelReason::shutdown})}) {
        CHECK(response.status() == Status::service_unavailable);
        CHECK(response.headers().get("retry-after") == "1");
    }
    CHECK(listener.heard.empty());
}

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "a handler cancelled for another reason is 500, and the log says why") {
    CHECK(answer(Cancelled{CancelReason::asked}).status() == Status::internal_server_error);
    REQUIRE(listener.heard.size() == 1);
    CHECK_THAT(listener.heard[0], Contains("cancelled: asked"));
}

TEST_CASE_METHOD(ErrorBoundaryFixture,
                 "a group in which one task failed is answered as that task's error") {
    const auto conflict = std::make_exception_ptr(HttpError(Status::conflict, "not now"));
    const auto other = std::make_exception_ptr(Error("inner"));
    CHECK(answer(GroupError({conflict})).status() == Status::conflict);
    CHECK(listener.heard.empty());
    const Response both = answer(GroupError({conflict, other}));
    CHECK(both.status() == Status::internal_server_error);
    CHECK_THAT(text(both), !Contains("inner"));
    CHECK(listener.heard.size() == 1);
}

TEST_CASE_METHOD(ErrorBoundaryFixture, "without an observer the answer is the same") {
    const ErrorBoundary boundary;
    const Response response =
        boundary.answer(std::make_exception_ptr(Error("inner")), request, "/a/{b}");
    CHECK(response.status() == Status::internal_server_error);
}
