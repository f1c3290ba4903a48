#include <troika/http/message/problem.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace troika;

namespace {
nlohmann::json document(const Response& response) {
    return nlohmann::json::parse(response.body_view());
}
}  // namespace

TEST_CASE("a problem has type, title, status, detail and request id (RFC 9457)") {
    const Response response =
        http::problem(HttpError(Status::conflict, "taken").with_type("name-taken"), "r-1");
    CHECK(response.status() == Status::conflict);
    CHECK(response.headers().get("content-type") == "application/problem+json");
    CHECK(document(response) == nlohmann::json{{"type", "urn:problem:name-taken"},
                                               {"title", "Conflict"},
                                               {"status", 409},
                                               {"detail", "taken"},
                                               {"request_id", "r-1"}});
}

TEST_CASE("a problem without a type is about:blank, and what is empty is left out") {
    const Response response = http::problem(Status::not_found, "", "");
    CHECK(document(response) ==
          nlohmann::json{{"type", "about:blank"}, {"title", "Not Found"}, {"status", 404}});
}

TEST_CASE("fields of the error are fields of the answer") {
    const Response response = http::problem(
        HttpError(Status::service_unavailable, "later").with_header("Retry-After", "30"), "");
    CHECK(response.headers().get("retry-after") == "30");
}

TEST_CASE("a detail that is no UTF-8 is still valid JSON") {
    const Response response = http::problem(Status::bad_request, "no \xff here", "");
    CHECK(document(response)["detail"] == "no \xef\xbf\xbd here");
}
