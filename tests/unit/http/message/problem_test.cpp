#include "json.hpp"

#include <troika/http/message/problem.hpp>

#include <catch2/catch.hpp>

using namespace troika;

TEST_CASE("a problem says type, title, status, detail and request id") {
    const HttpError error = HttpError(Status::conflict, "already there")
                                .with_type("duplicate")
                                .with_header("retry-after", "1");
    const Response response = http::problem(error, "id-1");
    CHECK(response.status() == Status::conflict);
    CHECK(response.headers().get("content-type") == "application/problem+json");
    CHECK(response.headers().get("retry-after") == "1");
    const auto document = troika::testing::json_of(response.body_view());
    CHECK(document["type"] == "urn:problem:duplicate");
    CHECK(document["title"] == "Conflict");
    CHECK(document["status"] == 409);
    CHECK(document["detail"] == "already there");
    CHECK(document["request_id"] == "id-1");
}

TEST_CASE("a NUL in the text of an HttpError does not end it") {
    const Response response =
        http::problem(HttpError(Status::bad_request, std::string("a\0b", 3)), "id");
    const auto document = troika::testing::json_of(response.body_view());
    CHECK(document["detail"] == std::string("a\0b", 3));
}

TEST_CASE("a problem leaves out what it does not know") {
    const Response response = http::problem(Status::not_found, "", "");
    const auto document = troika::testing::json_of(response.body_view());
    CHECK(document["type"] == "about:blank");
    CHECK(document["title"] == "Not Found");
    CHECK(document["status"] == 404);
    CHECK(document.size() == 3);
}

TEST_CASE("a detail that is no UTF-8 or full of quotes makes no broken problem") {
    const Response odd = http::problem(Status::bad_request, "a\xff\"}\n", "id");
    const auto document = troika::testing::json_of(odd.body_view());
    CHECK(document["detail"] == "a\xef\xbf\xbd\"}\n");
    CHECK(document["request_id"] == "id");
}
